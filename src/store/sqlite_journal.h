// The embedded journal: one SQLite database in the state folder, WAL, synchronous=FULL, one writer
// thread.
//
//   <folder>/baton.db        events (hash-chained per run), blobs, runs
//   <folder>/heads/RUN       the run's last sequence number and hash, so that a lost tail is seen
//   <folder>/leases/RUN      locked (flock) by the process that drives the run; holds its pid
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "store/journal.h"

namespace baton {

// `post` carries the `done` of appends to the thread that wants them (Loop::post). The folder is
// made, for this user only (0700), if it is not there. kStorage, saying what to do, if it is not
// writable, the disk is full or the database is of a later format.
Result<std::unique_ptr<Journal>> open_sqlite_journal(
    const std::filesystem::path& folder, std::function<void(std::function<void()>)> post);

}  // namespace baton
