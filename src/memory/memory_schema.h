// The tables of memory.db, and how the file is made, known again and opened.
#pragma once

#include <filesystem>
#include <memory>

#include "store/sqlite.h"

namespace baton {

// The file is made (0600) with its tables if it is not there, and brought up to date if an earlier
// version wrote it. kStorage if it is damaged, of another program or of a later version.
Result<std::unique_ptr<Database>> open_memory_file(const std::filesystem::path& state);

}  // namespace baton
