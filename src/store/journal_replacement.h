// The last part of a repair: what it has made in <folder>/repair takes the place of what was there,
// which is kept.
//
//   baton.db, -wal ─► baton.db.damaged-TIME, -wal        repair/new/baton.db ─► baton.db
//   heads          ─► heads.damaged-TIME                 repair/heads        ─► heads
//
// Each step is durable before the next, and can be taken again. A process that dies before the
// replacement has begun leaves everything as it was; after one that dies in the middle of it,
// whoever opens the journal next takes the steps that are left.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.h"

namespace baton {

// Where a repair makes what is to be put in place.
std::filesystem::path repair_folder(const std::filesystem::path& folder);

// Makes it certain that what is in the repair folder is put in place; `backup` is the file that the
// database becomes. The folder is locked against those who open the journal.
Status begin_replacement(const std::filesystem::path& folder, const std::filesystem::path& backup);

// Takes the steps that are left, the folder being locked; false: no replacement had begun.
Result<bool> finish_replacement(const std::filesystem::path& folder);

// What finish_replacement() does, one after the other; none if no replacement has begun.
std::vector<std::function<Status()>> replacement_steps(const std::filesystem::path& folder);

}  // namespace baton
