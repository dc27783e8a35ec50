// The shared journal: a PostgreSQL database (13 or later) that any number of processes on any
// number of machines work on. Implements store/journal.h and store/fleet.h.
//
// * Events, ledger, list of runs, shares of days and places in the queue change in one transaction.
//   No transaction stays open while anything else is waited for.
// * Leases are fenced and run on the database's clock. While a lease holds, only its holder appends
//   to the run. A journal that has driven a run appends to it only as long as nobody else has taken
//   it since and its own lease has not lapsed: a lapsed lease commits nothing, even where nobody
//   has taken the run over yet. A run that nobody drives, and this journal never drove, takes
//   appends of anybody.
// * A server that restarts, or is away for less than `outage`, is waited for: what was being
//   committed is looked up before it is answered or sent again. After a longer outage the journal
//   has failed, as SQLite's after a failed fsync.
// * Passwords are in no message.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "store/fleet.h"
#include "store/journal.h"

namespace baton {

struct PostgresOptions {
  std::string worker;  // how others see this process; empty: "host/pid"
  Millis lease = Millis::seconds(15);
  Millis heartbeat = Millis::seconds(3);  // less than half of a lease
  Millis outage = Millis::seconds(30);
  // Leases are kept only while what is posted is done within this time: a process that hangs loses
  // its runs. Zero: as long as it lives.
  Millis hung_after;
  // Whose limits at the provider this process uses (of one key, say): `share`, holds and prefixes
  // are those of one scope.
  std::string pacing_scope;
  // A folder of this machine that remembers how far the store had come, so that an older copy of it
  // put back is seen; empty: only what the store itself tells of its cluster is looked at.
  std::filesystem::path evidence;
};

// Whether a --store names PostgreSQL.
bool is_postgres_url(std::string_view url);
// The URL as it may be shown: without password and options. Empty if it is none.
std::string postgres_url_shown(std::string_view url);

// Makes the tables, or brings them up to date. `post` carries every `done` and notice to the thread
// that wants them, and must live as long as the journal. kUsage if it is no URL; kStorage, saying
// what to do, if the server cannot be reached, would lose what it has acknowledged (fsync,
// full_page_writes, synchronous_commit), or its tables are of a later version.
Result<std::unique_ptr<Journal>> open_postgres_journal(
    const std::string& url, const PostgresOptions& options,
    const std::function<void(std::function<void()>)>& post);

// Takes an older copy that was put back as the store from now on, and notes it in baton.store_log.
// What was noted.
Result<std::string> accept_restored(const std::string& url);

}  // namespace baton
