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
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return usage_error(
        fmt::format("cannot open the folder {}: {}", to_utf8(path.string()), std::strerror(errno)));
  }
  return Folder(fd);
}

Folder::Folder(Folder&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Folder::~Folder() {
  if (fd_ >= 0) close(fd_);
}

FileRead Folder::read(std::string_view path, std::int64_t limit) const {
  if (path.find('\0') != path.npos) return {.kind = FileRead::Kind::kMissing};
  int at = fd_;
  FileRead result;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    if (name.empty() || name == "." || name == "..") {
      result = {.why = "not a path inside the folder"};
      break;
    }
    const bool is_last = slash == path.npos;
    const int next = openat(at, name.c_str(), is_last ? kFile : kStep);
    if (next < 0) {
      const int number = errno;
      result = failed_by_errno(number, is_link(at, name));
      break;
    }
    if (at != fd_) close(at);
    at = next;
    if (is_last) {
      result = read_open(at, limit);
      break;
    }
    path.remove_prefix(slash + 1);
  }
  if (at != fd_) close(at);
  return result;
}

}  // namespace baton
