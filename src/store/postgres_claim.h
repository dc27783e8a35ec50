// Runs in the queue, as statements: which one a worker takes up, and what becomes of those whose
// worker died.
#pragma once

#include <chrono>

#include "store/fleet.h"
#include "store/postgres_leases.h"

namespace baton {

struct PgClaim {
  RunId run;
  Fence fence;
  int deaths = 0;
};

// One thread at a time.
class PostgresClaims {
 public:
  explicit PostgresClaims(PostgresLeases& leases) : leases_(leases) {}

  // The run that has waited longest of those that can be done at `places`, driven by this process
  // from here on; none: nothing waits. `again`: an earlier try may have been committed unseen.
  Result<std::optional<PgClaim>> claim(PgConnection& connection,
                                       const std::vector<std::string>& places, int most_deaths,
                                       bool again);

 private:
  Status reap(PgConnection& connection, int most_deaths);

  PostgresLeases& leases_;
  std::chrono::steady_clock::time_point reaped_;
};

// kNotFound: it was never queued. kBusy: it is driven.
Status requeue_run(PgConnection& connection, const RunId& run);

Result<std::vector<QueuedRun>> read_queue(PgConnection& connection);
Result<std::vector<WorkerSeen>> read_workers(PgConnection& connection);

}  // namespace baton
