// Reads the whole of an embedded journal and says what is wrong with it.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "store/journal.h"
#include "store/sqlite.h"

namespace baton {

// `database`: a connection that reads. Damage the database itself reports is told as Damage too.
std::vector<Damage> verify_journal(Database& database, const std::filesystem::path& heads);

// What one look tells: whether the run that was written last is there as far as its head knows. An
// older copy of the journal, or one without its log, is found out by that.
std::optional<Damage> look_at_latest(Database& database, const std::filesystem::path& heads);

// The texts that an event names; empty names among them.
std::vector<BlobId> texts_named_by(const Event& event);

}  // namespace baton
