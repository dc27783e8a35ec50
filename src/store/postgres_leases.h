// Who drives which run, on the clock of the database.
//
// A process that drives runs has a session: a row that lives until `until`, which the heartbeat
// moves on. A lease is a row that names run, session and fence, a number never given twice. It
// holds while it is this session's, not released, and the session lives; once the session has
// lapsed nothing brings it back to life, and this process begins another.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "store/journal.h"
#include "store/postgres_connection.h"

namespace baton {

struct LeaseTerms {
  std::string worker;  // how others see this process
  std::string scope;   // whose limits at the provider it shares
  Millis length;
};

struct Fence {
  std::int64_t session = 0;
  std::int64_t number = 0;
  bool operator==(const Fence&) const = default;
};

// What the heartbeat found.
enum class Pulse { kAlive, kLapsed, kNone };

class PostgresLeases {
 public:
  explicit PostgresLeases(LeaseTerms terms) : terms_(std::move(terms)) {}

  // The session that lives now; begun if there is none, or if the last one has lapsed.
  Result<std::int64_t> living_session(PgConnection& connection);
  // kBusy, naming the holder. `again`: an earlier try may have been committed unseen.
  Result<Fence> take(PgConnection& connection, const RunId& run, bool again);
  // Lets go of what this session holds in the database without knowing of it: the outcome of a
  // commit that was lost with its connection.
  Status drop_unknown(PgConnection& connection);
  // If it is still held: what has lapsed stays lapsed.
  Status release(PgConnection& connection, const RunId& run, const Fence& fence);
  Result<Pulse> beat(PgConnection& connection);
  // The journal ends: its session goes, and lets go of what it holds.
  Status end(PgConnection& connection);

  // Notes a lease that was taken. Any thread, as the following.
  void hold(const RunId& run, const Fence& fence);
  // Notes that what is decided of the run from now on is decided under this lease: to be called
  // where its driver is, when it is told.
  void drive(const RunId& run, const Fence& fence);
  // The number of the lease with which this process last drove the run, held or not.
  std::optional<std::int64_t> fence_of(const RunId& run) const;
  std::optional<std::int64_t> current_session() const;
  const LeaseTerms& terms() const { return terms_; }

 private:
  void forget_session(std::int64_t session);
  Error busy(const RunId& run, std::string_view worker) const;

  const LeaseTerms terms_;
  mutable std::mutex mutex_;
  std::optional<std::int64_t> session_;   // guarded by mutex_
  std::map<RunId, std::int64_t> fences_;  // guarded by mutex_; one for each run ever driven
  std::map<RunId, Fence> held_;           // guarded by mutex_
};

}  // namespace baton
