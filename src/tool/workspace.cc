#include "tool/workspace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "base/file_bytes.h"
#include "base/text.h"
#include "tool/workspace_open.h"
#include "tool/workspace_path.h"

namespace baton {
namespace {

constexpr mode_t kPermissions = 0777;  // never set-user-id and the like

std::string shown(std::string_view path) {
  return path.empty() ? "the workspace" : for_terminal(path);
}

Error failed(std::string_view what, std::string_view path, int number) {
  const std::string message =
      fmt::format("cannot {} {}: {}", what, shown(path), std::strerror(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return not_found(fmt::format("there is no {}", shown(path)));
    case ELOOP:
      return input_error(fmt::format(
          "{} is a symbolic link or lies behind one: links are not followed", shown(path)));
    case EXDEV:
    case EISDIR:
    case ENAMETOOLONG:
    case EINVAL:
      return input_error(message);
    default:
      return system_error(message);
  }
}

Error not_regular(std::string_view path, mode_t mode) {
  return input_error(fmt::format("{} is {}, not a regular file", shown(path),
                                 S_ISDIR(mode)   ? "a folder"
                                 : S_ISLNK(mode) ? "a symbolic link"
                                                 : "a pipe, socket or device"));
}

// A path, as the folder it is in and its name there.
struct Place {
  std::string folder;  // relative to the workspace
  std::string name;
};

Place place_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<std::string> file_path(std::string_view path) {
  Result<std::string> clean = workspace_path(path);
  if (clean && clean->empty()) return input_error("the workspace is a folder, not a regular file");
  return clean;
}

// What root writes is for another user: the one the folder belongs to.
bool give_away(int fd, const struct stat& owner) {
  return geteuid() != 0 || fchown(fd, owner.st_uid, owner.st_gid) == 0;
}

// The folder, made where it is missing, one level after the other.
Result<Fd> make_folders(int workspace, const std::string& path, const struct stat& owner) {
  for (std::size_t end = path.find('/'); !path.empty(); end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    Fd there(open_beneath(workspace, part, O_PATH | O_DIRECTORY));
    if (!there.ok() && errno == ENOENT) {
      const Place place = place_of(part);
      const Fd parent(open_beneath(workspace, place.folder, O_RDONLY | O_DIRECTORY));
      if (!parent.ok()) return failed("make the folder", part, errno);
      if (mkdirat(parent.get(), place.name.c_str(), kPermissions) != 0 && errno != EEXIST) {
        return failed("make the folder", part, errno);
      }
      const Fd made(open_beneath(workspace, part, O_RDONLY | O_DIRECTORY));
      if (!made.ok() || !give_away(made.get(), owner)) {
        return failed("make the folder", part, errno);
      }
    } else if (!there.ok()) {
      if (errno == ENOTDIR) return input_error(fmt::format("{} is not a folder", shown(part)));
      return failed("open the folder", part, errno);
    }
    if (end == path.npos) break;
  }
  Fd folder(open_beneath(workspace, path, O_RDONLY | O_DIRECTORY));
  if (!folder.ok()) return failed("open the folder", path, errno);
  return folder;
}

std::string temporary_name() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format(".baton-{:016x}.tmp", random());
}

// False, with errno, if the bytes cannot be put there under that name.
bool put_file(int folder, const std::string& name, std::string_view bytes,
              std::optional<mode_t> mode, const struct stat& owner) {
  const Fd file(openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                       kPermissions & 0666));
  return file.ok() && write_all(file.get(), bytes) && give_away(file.get(), owner) &&
         (!mode || fchmod(file.get(), *mode & kPermissions) == 0);
}

Result<std::string> read_open(int fd, std::string_view path, std::int64_t limit) {
  const auto too_large = [&](std::int64_t size) {
    return input_error(
        fmt::format("{} has {} bytes; at most {} are read", shown(path), size, limit));
  };
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return failed("read", path, errno);
  if (!S_ISREG(facts.st_mode)) return not_regular(path, facts.st_mode);
  if (facts.st_size > limit) return too_large(facts.st_size);
  std::string bytes(static_cast<std::size_t>(facts.st_size) + 1, '\0');
  std::size_t have = 0;
  while (true) {
    if (have == bytes.size()) bytes.resize(bytes.size() * 2);  // it has grown since
    const ssize_t count = ::read(fd, bytes.data() + have, bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path, errno);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
    if (have > static_cast<std::size_t>(limit)) return too_large(static_cast<std::int64_t>(have));
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

int open_beneath(int workspace, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed meanwhile and the kernel could not prove the path stayed inside.
  constexpr int kTries = 16;
  for (int tried = 0;; ++tried) {
    const long fd = syscall(SYS_openat2, workspace, name, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EINTR && (errno != EAGAIN || tried >= kTries)) return -1;
  }
}

WorkspaceEntry::Kind kind_of_mode(unsigned mode) {
  if (S_ISREG(mode)) return WorkspaceEntry::Kind::kFile;
  if (S_ISDIR(mode)) return WorkspaceEntry::Kind::kFolder;
  return S_ISLNK(mode) ? WorkspaceEntry::Kind::kLink : WorkspaceEntry::Kind::kOther;
}

Result<Workspace> Workspace::open(const std::filesystem::path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) {
    return usage_error(fmt::format("cannot open the workspace {}: {}", to_utf8(folder.string()),
                                   std::strerror(errno)));
  }
  const Fd probe(open_beneath(fd.get(), "", O_PATH | O_DIRECTORY));
  if (!probe.ok()) {
    return system_error(
        fmt::format("cannot open files below {} safely: openat2: {}; Linux 5.6 or later is needed, "
                    "and no filter of system calls may refuse it",
                    to_utf8(folder.string()), std::strerror(errno)));
  }
  return Workspace(folder, std::move(fd));
}

Result<WorkspaceEntry> Workspace::entry(std::string_view path) const {
  const Result<std::string> clean = workspace_path(path);
  if (!clean) return clean.error();
  const Place place = place_of(*clean);
  const Fd folder(open_beneath(fd_.get(), place.folder, O_PATH | O_DIRECTORY));
  struct stat facts {};
  const char* name = place.name.empty() ? "." : place.name.c_str();
  if (!folder.ok() || fstatat(folder.get(), name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("look at", *clean, errno);
  }
  return WorkspaceEntry{*clean, kind_of_mode(facts.st_mode), facts.st_size};
}

Result<std::string> Workspace::read(std::string_view path, std::int64_t limit) const {
  const Result<std::string> clean = file_path(path);
  if (!clean) return clean.error();
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const Fd file(open_beneath(fd_.get(), *clean, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file.ok() && (errno == ENXIO || errno == ENODEV)) return not_regular(*clean, S_IFSOCK);
  if (!file.ok()) return failed("read", *clean, errno);
  return read_open(file.get(), *clean, limit);
}

Status Workspace::write(std::string_view path, std::string_view bytes) const {
  const Result<std::string> clean = file_path(path);
  if (!clean) return clean.error();
  struct stat owner {};
  if (fstat(fd_.get(), &owner) != 0) return failed("write", *clean, errno);
  const Place place = place_of(*clean);
  const Result<Fd> folder = make_folders(fd_.get(), place.folder, owner);
  if (!folder) return folder.error();
  struct stat old {};
  std::optional<mode_t> mode;
  if (fstatat(folder->get(), place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISREG(old.st_mode)) return not_regular(*clean, old.st_mode);
    mode = old.st_mode;
  }
  const std::string temporary = temporary_name();
  if (put_file(folder->get(), temporary, bytes, mode, owner) &&
      renameat(folder->get(), temporary.c_str(), folder->get(), place.name.c_str()) == 0) {
    return {};
  }
  const int number = errno;
  unlinkat(folder->get(), temporary.c_str(), 0);
  return failed("write", *clean, number);
}

Status Workspace::remove(std::string_view path) const {
  const Result<std::string> clean = file_path(path);
  if (!clean) return clean.error();
  const Place place = place_of(*clean);
  const Fd folder(open_beneath(fd_.get(), place.folder, O_RDONLY | O_DIRECTORY));
  if (!folder.ok() || unlinkat(folder.get(), place.name.c_str(), 0) != 0) {
    return failed("remove", *clean, errno);
  }
  return {};
}

}  // namespace baton
