#include "app/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace baton {

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return usage_error(
        fmt::format("can not read {}: it is a folder, expected a file", path.string()));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return usage_error(fmt::format("can not read {}: {}", path.string(), std::strerror(errno)));
  std::string text;
  std::array<char, 64 << 10> piece;
  // A pipe or a device is as good as a file, and may never end.
  while (text.size() <= kMostFileBytes && file.good()) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > kMostFileBytes) {
    return usage_error(fmt::format("can not read {}: it is larger than {} MiB", path.string(),
                                   kMostFileBytes >> 20));
  }
  if (file.bad())
    return usage_error(fmt::format("can not read {}: {}", path.string(), std::strerror(errno)));
  return text;
}

Status write_file(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path beside = path.string() + fmt::format(".{}.tmp", ::getpid());
  std::error_code ignored;
  errno = 0;
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file) {
      const int why = errno;
      std::filesystem::remove(beside, ignored);
      return system_error(fmt::format("can not write {}: {}", path.string(), std::strerror(why)));
    }
  }
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (!error) return {};
  std::filesystem::remove(beside, ignored);
  return system_error(fmt::format("can not write {}: {}", path.string(), error.message()));
}

}  // namespace baton
