// The command line that makes bubblewrap a sandbox: what is seen, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sandbox.h"

namespace baton {

// The descriptors bubblewrap is given, from 3 on.
enum class Handed {
  kOptions = 3,  // --args: its options, so that /proc/1/cmdline inside tells no path of ours
  kStatus,       // it tells the process it made, and how the command ended
  kGate,         // it waits here until the limits are set
  kCallFilter,   // syscall_filter.h
  kUseFilter,
  kPermit,  // the command begins once it is told so here; a digit, as sh wants it
  kPasswd,  // /etc/passwd, /etc/group and /etc/hosts
  kGroup,
  kHosts,
};
inline constexpr int kFirstHanded = static_cast<int>(Handed::kOptions);

// Where the folders of a job are for bubblewrap: at their own places, or where root has put them.
struct Places {
  std::string workspace;
  std::vector<std::string> readable;  // as SandboxJob::readable
};

// Where the command finds its workspace.
inline constexpr const char* kWorkspaceInside = "/workspace";

// The command as it is begun inside. bubblewrap goes through its gate when whoever holds it has
// died, too, and its own end with its parent has a moment in which it does not hold: without the
// permit, nothing is run.
std::vector<std::string> permitted(const std::vector<std::string>& argv);
inline constexpr std::string_view kPermission = "go\n";

std::vector<std::string> bubblewrap_options(const SandboxJob& job, const Places& places);

// The texts of kPasswd, kGroup and kHosts.
std::vector<std::string> synthetic_files();

}  // namespace baton
