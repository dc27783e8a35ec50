// How bubblewrap is started: straight, or, by root, as a user who is nobody else.
//
// A root in a user namespace of his own is root still for what the host lends him: /proc/sys, and
// every file he owns. So baton as root starts itself again as `sandbox-start`, which puts the
// job's folders where others may reach them (a private mount of its own), becomes the sandbox user
// and then bubblewrap.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/command_line.h"

namespace baton {

// Whom the sandboxes of a root belong to: a number that no system gives to anyone.
inline constexpr uid_t kSandboxUser = 65533;

bool started_by_root();

// Where bubblewrap will find the folders of the job.
Places places_of(const SandboxJob& job);

// The command that becomes `bubblewrap` (its whole command line).
std::vector<std::string> start_command(const SandboxJob& job, std::vector<std::string> bubblewrap);

// Starts `argv` (argv[0]: an absolute path) in a session of its own, with an empty environment,
// nothing to read, `output` for both streams, `handed` as descriptors from kFirstHanded on and none
// else. The child is the caller's to reap.
Result<pid_t> start_process(const std::vector<std::string>& argv, int output,
                            const std::vector<Fd>& handed);

}  // namespace baton
