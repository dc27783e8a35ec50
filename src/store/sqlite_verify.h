// Reads the whole of an embedded journal and says what is wrong with it.
#pragma once

#include <filesystem>
#include <vector>

#include "store/journal.h"
#include "store/sqlite.h"

namespace baton {

// `database`: a connection that reads. Damage the database itself reports is told as Damage too.
std::vector<Damage> verify_journal(Database& database, const std::filesystem::path& heads);

// The texts that an event names; empty names among them.
std::vector<BlobId> texts_named_by(const Event& event);

}  // namespace baton
