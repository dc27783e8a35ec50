// Repair of an embedded journal: the one way in which a loss is accepted. It is asked for, it is
// written down (table `repairs`, and TailLost in each run that lost events), and what was there
// before is kept.
//
//   lost ends, damaged heads   put right where they are: nothing but the loss is written
//   anything else              what is sound goes into a new database; the old one becomes
//                              baton.db.damaged-TIME, the heads heads.damaged-TIME
//
// A run that is damaged in the middle ends at its last sound event. What its lost events may have
// been billed is booked as unknown, so that the ledger is never below what the provider may have
// billed; it can be resumed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

namespace baton {

struct RunRepair {
  RunId run;
  std::int64_t kept = 0;  // events; zero: nothing is left of the run, and it is not listed any more
  std::int64_t lost = 0;
  Money booked;       // as unknown; of a run that is gone: written down, and in no run's ledger
  bool known = true;  // false: the lost events may have been billed more than that
  std::string what;   // what was wrong beside
};

struct RepairReport {
  std::filesystem::path backup;  // empty: nothing was replaced
  std::vector<RunRepair> runs;   // those that were changed
  int sound_runs = 0;
  int lost_texts = 0;  // named by events that are kept; found lost by this repair
  int still_lost = 0;  // other runs whose ends are lost: the journal stays as it is before them
  bool finished_earlier = false;  // an earlier repair had been interrupted, and was finished first

  bool did_nothing() const { return backup.empty() && runs.empty() && !finished_earlier; }
};

// `run`: accept the loss of this one alone; none: put everything right. kBusy while another process
// drives a run that it concerns; kNotFound if there is no journal, or no such run; kUsage if more
// is damaged than the run; kStorage if it cannot be done, everything being as it was then.
Result<RepairReport> repair_sqlite_journal(const std::filesystem::path& folder,
                                           const std::optional<RunId>& run, Instant now,
                                           Millis busy_timeout = Millis::seconds(10));

}  // namespace baton
