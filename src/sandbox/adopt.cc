#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "sandbox/sandbox.h"
#include "sandbox/start.h"

namespace baton {
namespace {

// A descriptor is open for each level.
constexpr int kDeepest = 256;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_dots(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// What it is told about is what it owns: nothing is named twice, so nothing can be exchanged.
// A file that has another name may be anybody's under that one: it stays whose it is.
bool adopt_one(const Fd& fd, const struct stat& status) {
  if (status.st_uid == kSandboxUser && status.st_gid == kSandboxUser) return true;
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) return true;
  return ::fchownat(fd.get(), "", kSandboxUser, kSandboxUser, AT_EMPTY_PATH) == 0;
}

bool adopt_tree(const Fd& fd, dev_t device, int depth) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return false;
  if (status.st_dev != device) return true;  // another file system is mounted here
  if (!adopt_one(fd, status)) return false;
  if (!S_ISDIR(status.st_mode)) return true;
  if (depth == kDeepest) {
    errno = ELOOP;
    return false;
  }
  Fd listed(::openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseFolder> folder(listed.ok() ? ::fdopendir(listed.get()) : nullptr);
  if (!folder) return false;
  (void)listed.release();
  while (const dirent* entry = ::readdir(folder.get())) {
    if (is_dots(entry->d_name)) continue;
    const Fd child(::openat(fd.get(), entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!child.ok() && errno == ENOENT) continue;  // gone meanwhile
    if (!child.ok() || !adopt_tree(child, device, depth + 1)) return false;
  }
  return true;
}

}  // namespace

Status Sandbox::adopt(const std::filesystem::path& folder) {
  if (!started_by_root()) return {};
  const Fd fd(::open(folder.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  struct stat status = {};
  if (fd.ok() && ::fstat(fd.get(), &status) == 0 && adopt_tree(fd, status.st_dev, 0)) return {};
  return system_error(fmt::format("cannot give {} to the sandbox user ({}): {}", folder.string(),
                                  kSandboxUser, std::strerror(errno)));
}

}  // namespace baton
