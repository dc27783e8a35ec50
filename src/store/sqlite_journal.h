// The embedded journal: one SQLite database in the state folder, WAL, synchronous=FULL, one writer
// thread.
//
//   <folder>/baton.db        events (hash-chained per run), blobs, runs
//   <folder>/heads/RUN       the run's last sequence number and hash, so that a lost tail is seen
//   <folder>/leases/RUN      locked (flock) by the process that drives the run; holds its pid
//   <folder>/damage          what was found damaged: the journal is only read until it is repaired
//   <folder>/ballast         room kept for settlements (spare_room.h)
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/time.h"
#include "store/journal.h"
#include "store/spare_room.h"

namespace baton {

// `post` carries the `done` of appends to the thread that wants them (Loop::post). The folder is
// made, for this user only (0700), if it is not there. kStorage, saying what to do, if it is not
// writable, the disk is full, the database is of a later format, or another process has kept it
// locked for `busy_timeout`.
//
// The journal's end makes durable what is queued and posts its answers: `post` must live as long.
Result<std::unique_ptr<Journal>> open_sqlite_journal(
    const std::filesystem::path& folder, std::function<void(std::function<void()>)> post,
    Millis busy_timeout = Millis::seconds(10), FreeSpace free = free_space);

// What is wrong with a journal that cannot be opened, where that is damage; none: it can be, or
// something else is in the way.
std::optional<Damage> damage_that_bars_journal(const std::filesystem::path& folder,
                                               Millis busy_timeout = Millis::seconds(10));

}  // namespace baton
