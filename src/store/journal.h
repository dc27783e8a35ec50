// Journal: the ordered events of every run, durable before anything they decide is done; and the
// texts they name.
//
// One backend a file; one conformance suite (journal_conformance.h) runs over all of them.
//
//   append(run, events, blobs, done) … done(Status) once the events are on the disk for good
//
// Appends of many runs share one commit. After a failed append nothing more is accepted: a journal
// whose end is not known may not be written on (the caller stops, and a new process reads what is
// there).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "core/event.h"

namespace baton {

struct Blob {
  BlobId id;  // sha256_hex(text)
  std::string text;
};
Blob make_blob(std::string text);

// A line of `baton runs`. Kept beside the events, in the same commit, so that listing folds
// nothing.
struct RunSummary {
  RunId run;
  std::string workflow;
  std::string title;
  std::string project;
  std::string key;  // the submitter's
  Instant created;
  Instant updated;
  std::string
      status;   // to_string(RunStatus); "running" of a run that no process drives means interrupted
  Money spent;  // settled and booked
  int events = 0;
};

// Each calls for something else to be done.
enum class DamageKind {
  kBroken,    // events, texts or the store's own pages are not what was written: it is only read
  kLostTail,  // the last events of a run are gone, the rest is sound: it is only read
  kHead,      // what guards a run's end cannot be read, or remembers another end: the run stops
  kContradiction,  // what was written tells of what cannot have been: the run does not go on
};
std::string_view to_string(DamageKind kind);

// One thing `verify` found: what, where, and what it means.
struct Damage {
  RunId run;  // empty: the store itself
  std::string what;
  DamageKind kind = DamageKind::kBroken;
  std::int64_t event = 0;        // the first it concerns; 0: none in particular
  std::int64_t lost_events = 0;  // kLostTail
  // kLostTail: what these may have been billed beyond what is left in the ledger; none: not known.
  std::optional<Money> at_risk;
};

// The right of this process to drive one run; ends with the object, or with the process, however it
// dies. Where machines share the store it is fenced and has an end: who was not heard of for that
// long has lost it, and what it still appends is refused (kBusy).
class RunLease {
 public:
  virtual ~RunLease() = default;
};

// What all runs of a project may promise together on one day (UTC).
struct DayCap {
  std::string project;
  std::string day;  // "2026-11-20"
  Money cap;
};

class Fleet;

class Journal {
 public:
  virtual ~Journal() = default;

  // `events` follow the run's earlier ones, all of them or none. Refused alone (kBusy), the journal
  // going on: a run created with a key that another has. Any thread; `done` is called where
  // the journal was told to (for SQLite: through the `post` given to open). Blobs already stored
  // are not stored twice.
  virtual void append(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
                      std::function<void(Status)> done) = 0;

  // Sets aside for the run up to `amount` of what the cap leaves, over what it has already: one
  // guarded update, durable before `done` tells how much it was. What a run has not used goes back
  // when its RunEnded is appended. In turn with appends.
  virtual void allot(const RunId& run, const DayCap& cap, Money amount,
                     std::function<void(Result<Money>)> done) = 0;

  // What is durable. Any thread.
  virtual Result<std::vector<Event>> events(const RunId& run) = 0;  // kNotFound: no such run
  virtual Result<std::string> blob(const BlobId& id) = 0;  // kNotFound, kStorage if damaged
  virtual Result<std::vector<RunSummary>> runs() = 0;      // newest first
  // The run that was created with this key; none: no run was.
  virtual Result<std::optional<RunId>> run_with_key(const std::string& key) = 0;

  // kBusy, naming the process, if another one drives the run.
  virtual Result<std::unique_ptr<RunLease>> lease(const RunId& run) = 0;

  // Whether so little room is left that nothing new should be begun: what is promised must still
  // find room for its settlement. Any thread, at any time.
  virtual bool is_short_of_room() const { return false; }

  // What processes on several machines share; null: this store is one machine's.
  virtual Fleet* fleet() { return nullptr; }

  // Reads everything: hash chains, heads (a lost tail), stored texts, unreadable events. Empty:
  // sound.
  virtual Result<std::vector<Damage>> verify() = 0;
};

}  // namespace baton
