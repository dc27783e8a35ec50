// The tables of the embedded journal, and how its file is made, known again and opened.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "store/sqlite.h"

namespace baton {

inline constexpr std::int64_t kJournalFormat = 4;

// The connection that writes. The file is made (0600) with its tables if it is not there; kStorage
// if it is not a journal, is of a later format, or cannot be written.
Result<std::unique_ptr<Database>> open_journal_file(const std::filesystem::path& file,
                                                    Millis busy_timeout);

// Why the file cannot be opened, where that is damage: nothing but a repair opens it then. None: it
// can be, or something else is in the way (it is locked, of a later format, of another program).
std::optional<std::string> damage_that_bars(const std::filesystem::path& file, Millis busy_timeout);

}  // namespace baton
