// TemporaryFolder: a folder of our own among the system's temporary files (mode 0700). It goes with
// its owner, and everything in it; what a symbolic link in it points at stays.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace baton {

class TemporaryFolder {
 public:
  // Named NAME-XXXXXX, below $TMPDIR or /tmp. kSystem if it cannot be made.
  static Result<TemporaryFolder> create(std::string_view name);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }  // absolute

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace baton
