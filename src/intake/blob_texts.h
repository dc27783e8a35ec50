// The contents of blobs, many at once (git cat-file --batch).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

// Their sizes in bytes; 0 of what the repository does not hold (a shallow or partial clone).
Result<std::vector<std::int64_t>> blob_sizes(const std::filesystem::path& repository,
                                             const std::vector<std::string>& ids);

class BlobTexts {
 public:
  static Result<BlobTexts> read(const std::filesystem::path& repository,
                                const std::vector<std::string>& ids);

  // Of the id at that place; nothing if the repository does not hold it. Lives as long as this.
  std::optional<std::string_view> operator[](std::size_t place) const;

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t size = 0;
    bool there = false;
  };
  std::string bytes_;
  std::vector<Span> spans_;
};

}  // namespace baton
