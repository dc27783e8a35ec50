// A group of appends on its way into one transaction: what it touches, what was found there, and
// what becomes of each append. Decides; the appender reads and writes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "store/append_queue.h"
#include "store/chain.h"
#include "store/postgres_leases.h"

namespace baton {

// Where a run's journal ends.
struct PgTip {
  RunSummary summary;  // its count of events is the last sequence number
  Sha256 hash = kChainStart;
};

// A lease as the database has it.
struct PgLeaseRow {
  Fence fence;
  bool released = false;
  bool live = false;
  std::string worker;
};

enum class CallState { kReserved, kSettled, kReleased, kWrittenOff };
std::string_view to_string(CallState state);
CallState state_after(BillState bill);

struct LedgerRow {
  std::string model;
  CallState state = CallState::kReserved;
  Money hold;
  Money charge;
  bool found = false;    // it stood in the database before
  bool changed = false;  // by this group
};
using LedgerKey = std::pair<RunId, CallId>;

struct EventRow {
  RunId run;
  int sequence = 0;
  std::string_view type;
  std::string body;
  Sha256 hash;
};

// A change of what a project promises on a day.
struct DayChange {
  const Append* grant = nullptr;  // its allotment; null: `run` gives back what it has not used
  RunId run;
  std::string day;
  Money used;
};

class PostgresGroup {
 public:
  explicit PostgresGroup(std::vector<Append>& appends);

  // ---- what is to be read ----
  std::vector<std::string> runs() const;   // in order
  std::vector<std::string> blobs() const;  // in order
  const std::set<LedgerKey>& calls() const { return calls_; }
  bool ends_a_run() const { return ends_a_run_; }

  // ---- what was found ----
  std::map<RunId, PgTip> tips;
  std::map<RunId, PgLeaseRow> leases;
  std::map<LedgerKey, LedgerRow> ledger;
  std::set<BlobId> stored;
  std::set<RunId> broken;        // their last event is not there
  std::string frozen_by_others;  // why the store takes no reservations
  std::int64_t generation = 0;   // of the store
  std::optional<Error> frozen;   // it takes none

  // ---- decided in turn ----
  // Refuses what contradicts its run's lease, and names the keys that are asked for: key → run.
  std::map<std::string, RunId> check();
  // Keys and the runs that have them now.
  void decide(const std::map<std::string, RunId>& owners);
  bool is_empty() const { return touched_.empty(); }

  // ---- what is to be written ----
  std::vector<EventRow> events;
  std::set<RunId> created;
  std::map<BlobId, const Blob*> texts;
  std::vector<DayChange> days;
  std::map<RunId, std::string> places;       // of runs that join the queue
  std::map<RunId, std::string_view> parted;  // runs that ended, and their state in the queue
  std::set<std::string> keys;                // of the runs created
  std::map<RunId, std::int64_t> fences;      // what must still be held at the end
  const std::set<RunId>& touched() const { return touched_; }

 private:
  Status may_append(const Append& append) const;
  Status has_shape(const Append& append) const;
  Status follow_calls(const Append& append, std::map<LedgerKey, LedgerRow>& rows) const;
  Status take(Append& append, const std::map<std::string, RunId>& owners);
  void add_events(const Append& append, PgTip& tip);

  std::vector<Append>& appends_;
  std::set<LedgerKey> calls_;
  std::set<RunId> touched_;
  bool ends_a_run_ = false;
};

}  // namespace baton
