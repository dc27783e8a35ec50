// Whole files, read and written by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

// What a file may have at most to be read whole.
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

// kUsage, naming the file and the reason: also where it is larger.
Result<std::string> read_file(const std::filesystem::path& path);

// The file has all of `text` or is as it was: written beside it and renamed.
Status write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace baton
