#include "sandbox/command_line.h"

#include <fmt/format.h>

#include <array>
#include <system_error>

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHome = "/home/worker";
constexpr const char* kUser = "1000";

// Memory, in the end: the most that each may hold.
constexpr std::size_t kScratchBytes = std::size_t{1} << 30;
constexpr std::size_t kSharedBytes = std::size_t{256} << 20;

using Options = std::vector<std::string>;

void add(Options& options, std::initializer_list<std::string> more) {
  options.insert(options.end(), more);
}

std::string handed(Handed what) {
  return std::to_string(static_cast<int>(what));
}

void add_isolation(Options& options) {
  add(options, {"--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent",
                "--new-session", "--hostname", "sandbox", "--uid", kUser, "--gid", kUser});
  add(options, {"--json-status-fd", handed(Handed::kStatus), "--block-fd", handed(Handed::kGate),
                "--add-seccomp-fd", handed(Handed::kCallFilter), "--add-seccomp-fd",
                handed(Handed::kUseFilter)});
}

// bubblewrap itself is started with nothing: its environment is what /proc/1/environ shows.
void add_environment(Options& options) {
  constexpr std::array<std::array<const char*, 2>, 14> kVariables = {{
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
      {"HOME", kHome},
      {"USER", "worker"},
      {"LOGNAME", "worker"},
      {"SHELL", "/bin/sh"},
      {"LANG", "C.UTF-8"},
      {"TERM", "dumb"},
      {"TMPDIR", "/tmp"},
      // Looking for leaks needs ptrace, without which a program fails at its end.
      {"ASAN_OPTIONS", "detect_leaks=0"},
      // What git reads may be root's, who started us. It cannot be written, so git need not try.
      {"GIT_CONFIG_COUNT", "1"},
      {"GIT_CONFIG_KEY_0", "safe.directory"},
      {"GIT_CONFIG_VALUE_0", "*"},
      {"GIT_OPTIONAL_LOCKS", "0"},
      {"GIT_TERMINAL_PROMPT", "0"},
  }};
  add(options, {"--clearenv"});
  for (const auto& [name, value] : kVariables) add(options, {"--setenv", name, value});
}

// /usr, and what of the root hangs on it: links where /usr is merged, folders where it is not.
void add_system(Options& options) {
  add(options, {"--ro-bind", "/usr", "/usr"});
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code failed;
    const fs::path target = fs::read_symlink(name, failed);
    if (!failed) {
      add(options, {"--symlink", target.string(), name});
    } else if (fs::is_directory(name, failed)) {
      add(options, {"--ro-bind", name, name});
    }
  }
  for (const char* name : {"/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts"}) {
    add(options, {"--ro-bind-try", name, name});
  }
  add(options, {"--perms", "0444", "--file", handed(Handed::kPasswd), "/etc/passwd"});
  add(options, {"--perms", "0444", "--file", handed(Handed::kGroup), "/etc/group"});
  add(options, {"--perms", "0444", "--file", handed(Handed::kHosts), "/etc/hosts"});
}

void add_scratch(Options& options) {
  const auto tmpfs = [&](const char* place, std::size_t bytes) {
    add(options, {"--size", std::to_string(bytes), "--tmpfs", place});
  };
  add(options, {"--proc", "/proc", "--dev", "/dev"});
  tmpfs("/dev/shm", kSharedBytes);
  tmpfs("/tmp", kScratchBytes);
  tmpfs(kHome, kScratchBytes);
  add(options, {"--dir", "/var", "--symlink", "/tmp", "/var/tmp"});
}

void add_folders(Options& options, const SandboxJob& job, const Places& places) {
  for (std::size_t i = 0; i < job.readable.size(); ++i) {
    add(options, {"--ro-bind", places.readable[i], job.readable[i].string()});
  }
  add(options, {"--bind", places.workspace, kWorkspaceInside});
  add(options, {"--ro-bind", places.workspace + "/.git", fmt::format("{}/.git", kWorkspaceInside)});
  add(options, {"--chdir", kWorkspaceInside});
}

}  // namespace

std::vector<std::string> permitted(const std::vector<std::string>& argv) {
  static_assert(static_cast<int>(Handed::kPermit) < 10);
  const std::string permit = handed(Handed::kPermit);
  std::vector<std::string> command = {
      "/bin/sh", "-c", fmt::format("read -r go <&{0} && exec \"$@\" {0}<&-", permit), "sh"};
  command.insert(command.end(), argv.begin(), argv.end());
  return command;
}

std::vector<std::string> bubblewrap_options(const SandboxJob& job, const Places& places) {
  Options options;
  add_isolation(options);
  add_environment(options);
  add_system(options);
  add_scratch(options);
  add_folders(options, job, places);
  // The file systems that bubblewrap made for its own use have no size: nothing is written there.
  add(options, {"--remount-ro", "/dev", "--remount-ro", "/"});
  return options;
}

std::vector<std::string> synthetic_files() {
  return {fmt::format("root:x:0:0::/nonexistent:/bin/false\n"
                      "worker:x:{0}:{0}::{1}:/bin/sh\n"
                      "nobody:x:65534:65534::/nonexistent:/bin/false\n",
                      kUser, kHome),
          fmt::format("root:x:0:\nworker:x:{}:\nnogroup:x:65534:\n", kUser),
          "127.0.0.1 localhost sandbox\n::1 localhost\n"};
}

}  // namespace baton
