#include "intake/read_beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace baton {
namespace {

FileRead failed_by_errno(int number, bool at_link) {
  if (at_link) return {.kind = FileRead::Kind::kSymbolicLink};
  if (number == ENOENT || number == ENOTDIR) return {.kind = FileRead::Kind::kMissing};
  return {.kind = FileRead::Kind::kUnreadable, .why = std::strerror(number)};
}

bool is_link(int folder, const std::string& name) {
  struct stat facts {};
  return fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode);
}

// O_NONBLOCK: opening a named pipe must not wait for a writer.
constexpr int kFile = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kStep = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

FileRead read_open(int fd, std::int64_t limit) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return failed_by_errno(errno, false);
  if (S_ISDIR(facts.st_mode)) return {.kind = FileRead::Kind::kFolder};
  if (!S_ISREG(facts.st_mode)) return {.why = "not a regular file"};
  if (facts.st_size > limit) return {.kind = FileRead::Kind::kTooLarge, .size = facts.st_size};
  FileRead file{.kind = FileRead::Kind::kRead};
  file.bytes.resize(static_cast<std::size_t>(facts.st_size));
  std::size_t have = 0;
  while (have < file.bytes.size()) {
    const ssize_t count = ::read(fd, file.bytes.data() + have, file.bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed_by_errno(errno, false);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  file.bytes.resize(have);
  file.size = static_cast<std::int64_t>(have);
  return file;
}

}  // namespace

Result<Folder> Folder::open(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) {
    return usage_error(
        fmt::format("cannot open the folder {}: {}", to_utf8(path.string()), std::strerror(errno)));
  }
  return Folder(std::move(fd));
}

FileRead Folder::read(std::string_view path, std::int64_t limit) const {
  if (path.find('\0') != path.npos) return {.kind = FileRead::Kind::kMissing};
  Fd step;  // the folder on the way that was reached; none yet: our own
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    if (name.empty() || name == "." || name == "..") return {.why = "not a path inside the folder"};
    const bool is_last = slash == path.npos;
    const int at = step.ok() ? step.get() : fd_.get();
    Fd next(::openat(at, name.c_str(), is_last ? kFile : kStep));
    if (!next.ok()) {
      const int number = errno;
      return failed_by_errno(number, is_link(at, name));
    }
    if (is_last) return read_open(next.get(), limit);
    step = std::move(next);
    path.remove_prefix(slash + 1);
  }
}

}  // namespace baton
