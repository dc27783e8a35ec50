#include "store/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace baton {
namespace {

constexpr std::size_t kLongestRunName = 64;

Error cannot(std::string_view attempt, const std::filesystem::path& path, int system_error) {
  const bool no_room = system_error == ENOSPC || system_error == EDQUOT;
  return storage_error(fmt::format(
      "{} {}: {}; {}", attempt, path.string(), std::strerror(system_error),
      no_room ? "free some space on its disk"
              : "make it writable for this user, or name another folder with --state DIR"));
}

}  // namespace

Result<Fd> open_private_file(const std::filesystem::path& file) {
  Fd handle(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!handle.ok()) return cannot("opening", file, errno);
  return handle;
}

Status make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) return cannot("making the state folder's parent", folder.parent_path(), error.value());
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return cannot("making the state folder", folder, errno);
  if (!std::filesystem::is_directory(folder, error)) {
    return storage_error(
        fmt::format("the state folder {} is not a folder: move that file away, or name another "
                    "folder with --state DIR",
                    folder.string()));
  }
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const Fd handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.ok() || ::fsync(handle.get()) != 0)
    return cannot("making durable what changed in", folder, errno);
  return {};
}

std::optional<std::string> read_beginning(const std::filesystem::path& file, std::size_t limit) {
  const Fd handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!handle.ok()) return std::nullopt;
  std::string text(limit, '\0');
  const ssize_t got = ::pread(handle.get(), text.data(), limit, 0);
  if (got < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

bool is_run_name(std::string_view run) {
  return !run.empty() && run.size() <= kLongestRunName &&
         std::all_of(run.begin(), run.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

}  // namespace baton
