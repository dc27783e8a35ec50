// Whole files, read and written by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

Result<std::string> read_file(
    const std::filesystem::path& path);  // kUsage, naming the file and the reason
// The file has all of `text` or is as it was: written beside it and renamed.
Status write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace baton
