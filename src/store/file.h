// Files of the state folder, and what a run may be called.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/ids.h"
#include "base/result.h"

namespace baton {

// Opened for reading and writing, made (0600) if it is not there. kStorage if it cannot be.
Result<Fd> open_private_file(const std::filesystem::path& file);

// Made (0700, parents as the system makes them) if it is not there. kStorage if it cannot be, or if
// something else stands in its place.
Status make_private_folder(const std::filesystem::path& folder);

// Makes durable what was made, renamed or removed in it.
Status sync_folder(const std::filesystem::path& folder);

// At most `limit` bytes from the file's beginning; nothing if it cannot be read.
std::optional<std::string> read_beginning(const std::filesystem::path& file, std::size_t limit);

// Whether `run` can be the name of a run, and so of a file: small letters, digits, '-' and '_'.
bool is_run_name(std::string_view run);

}  // namespace baton
