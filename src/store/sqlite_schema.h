// The tables of the embedded journal, and how its file is made, known again and opened.
#pragma once

#include <filesystem>
#include <memory>

#include "store/sqlite.h"

namespace baton {

inline constexpr std::int64_t kJournalFormat = 4;

// The connection that writes. The file is made (0600) with its tables if it is not there; kStorage
// if it is not a journal, is of a later format, or cannot be written.
Result<std::unique_ptr<Database>> open_journal_file(const std::filesystem::path& file,
                                                    Millis busy_timeout);

}  // namespace baton
