#include "base/temporary_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace baton {

namespace fs = std::filesystem;

Result<TemporaryFolder> TemporaryFolder::create(std::string_view name) {
  std::error_code failed;
  fs::path place = fs::temp_directory_path(failed);
  if (!failed) place = fs::absolute(place, failed);
  if (failed) place = "/tmp";
  std::string path = (place / fmt::format("{}-XXXXXX", name)).string();
  if (::mkdtemp(path.data()) == nullptr) {
    return system_error(
        fmt::format("cannot make a private folder {}: {}", path, std::strerror(errno)));
  }
  return TemporaryFolder(path);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // what is left behind is among temporary files
  fs::remove_all(path_, ignored);
}

}  // namespace baton
