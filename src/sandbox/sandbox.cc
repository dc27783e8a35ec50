#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/fd.h"
#include "sandbox/command_line.h"
#include "sandbox/contained.h"
#include "sandbox/limits.h"
#include "sandbox/probe.h"
#include "sandbox/start.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// What stands in a `.git` of ours. git reads the first line, and refuses to work there.
constexpr std::string_view kNoRepository =
    "gitdir: /nonexistent\n"
    "# Placed by baton: commands of a model ran in this folder, which was no git repository.\n";

Result<fs::path> find_bubblewrap() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / "bwrap";
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return not_found(
      "bubblewrap is not installed: there is no bwrap in PATH; commands of a model are not run "
      "without it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)");
}

Error unusable(const fs::path& folder, std::string_view why) {
  return usage_error(fmt::format("{} cannot be shown in a sandbox: {}", folder.string(), why));
}

Status check_folder(const fs::path& folder) {
  if (!folder.is_absolute() || folder.lexically_normal() == "/")
    return unusable(folder, "it must be an absolute path, and not the root");
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return unusable(folder, "it is not a folder");
  return {};
}

Status check(const SandboxJob& job) {
  BATON_CHECK(!job.argv.empty() && job.process_limit > 0);
  for (const std::string& argument : job.argv) {
    if (argument.find('\0') != argument.npos)
      return usage_error("a command with a zero byte in it cannot be run");
  }
  for (const fs::path& folder : job.readable) {
    const Status usable = check_folder(folder);
    if (!usable) return usable;
  }
  return check_folder(job.workspace);
}

// A `.git` that git on the host would obey must not come from inside. What is there is shown
// read-only; where nothing is, a file of ours takes the name. It stays: taken away, it would be
// gone below another sandbox on the same folder.
Status pin_git(const fs::path& workspace) {
  const fs::path git = workspace / ".git";
  const Fd made(::open(git.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444));
  if (made.ok()) {
    const ssize_t written = ::write(made.get(), kNoRepository.data(), kNoRepository.size());
    if (written == std::ssize(kNoRepository) && ::fchmod(made.get(), 0444) == 0) return {};
  }
  struct stat status = {};
  if (!made.ok() && errno == EEXIST && ::lstat(git.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)) return {};
    return unusable(workspace, "its .git is neither a file nor a folder");
  }
  return system_error(fmt::format("cannot keep the name {} from a sandbox: {}", git.string(),
                                  std::strerror(errno)));
}

}  // namespace

Result<Sandbox> Sandbox::open() {
  static std::mutex mutex;
  static std::optional<Result<Sandbox>> opened;
  const std::lock_guard lock(mutex);
  if (opened) return *opened;
  const Result<fs::path> bubblewrap = find_bubblewrap();
  if (!bubblewrap) return bubblewrap.error();
  ControlGroup::remove_empty();
  Sandbox sandbox;
  sandbox.bubblewrap_ = *bubblewrap;
  const Result<std::vector<ProbeResult>> probes = probe(sandbox);
  if (probes) sandbox.probes_ = *probes;
  opened = probes ? Result<Sandbox>(sandbox) : Result<Sandbox>(probes.error());
  return *opened;
}

Result<SandboxEnd> Sandbox::run(const SandboxJob& job, const Cancellation* cancel) const {
  const Status usable = check(job);
  if (!usable) return usable.error();
  const Status pinned = pin_git(job.workspace);
  if (!pinned) return pinned.error();
  return run_contained(bubblewrap_, job, bubblewrap_options(job, places_of(job)), cancel);
}

}  // namespace baton
