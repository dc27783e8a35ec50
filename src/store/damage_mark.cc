#include "store/damage_mark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_bytes.h"
#include "base/text.h"
#include "store/file.h"

namespace baton {
namespace {

constexpr std::size_t kLongestMark = 2'000;

std::filesystem::path mark_in(const std::filesystem::path& folder) {
  return folder / "damage";
}

}  // namespace

Status mark_damaged(const std::filesystem::path& folder, std::string_view what) {
  if (damage_mark(folder)) return {};
  const Result<Fd> file = open_private_file(mark_in(folder));
  if (!file) return file.error();
  const std::string text = shorten(to_utf8(what), kLongestMark / 4) + "\n";
  if (!write_all(file->get(), text) || ::fsync(file->get()) != 0) {
    return storage_error(
        fmt::format("writing {}: {}", mark_in(folder).string(), std::strerror(errno)));
  }
  return sync_folder(folder);
}

std::optional<std::string> damage_mark(const std::filesystem::path& folder) {
  if (::access(mark_in(folder).c_str(), F_OK) != 0) return std::nullopt;
  std::string text = read_beginning(mark_in(folder), kLongestMark).value_or("");
  return text.substr(0, text.find('\n'));
}

Status clear_damage_mark(const std::filesystem::path& folder) {
  if (::unlink(mark_in(folder).c_str()) != 0 && errno != ENOENT) {
    return storage_error(
        fmt::format("removing {}: {}", mark_in(folder).string(), std::strerror(errno)));
  }
  return sync_folder(folder);
}

Error only_read(const std::filesystem::path& folder, std::string_view what) {
  return storage_error(fmt::format(
      "the journal in {} is damaged and is only read until it is repaired ({}): `baton "
      "verify` tells of all of it, `baton repair` saves what is sound and books what may "
      "have been billed for the rest",
      folder.string(), what));
}

}  // namespace baton
