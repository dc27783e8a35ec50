// Fleet: what the processes that work on one store share beside its journal: the queue of runs that
// wait for a worker, the prefixes that the provider can read, and its limits.
//
//   submit ─► queue ─► claim (with a lease) ─► driven ─► RunEnded: done, or parked if it paused
//                        ▲          └─ lease lapsed: its worker died ─┐
//                        └────────────────────────────────────────────┘ k times: quarantined
//
// All times are told as lengths, measured by the store's own clock: those of the machines differ.
// Every `done` is called where the journal was told to call. An error leaves everything as it was.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/journal.h"

namespace baton {

struct QueueTerms {
  // Empty: any worker can do it. Otherwise only one that has this place (the identity of a state
  // folder, where its repository and its worktrees are).
  std::string place;
};

struct ClaimedRun {
  RunId run;
  std::unique_ptr<RunLease> lease;
  int deaths = 0;  // of workers that have driven it before
};

enum class QueueState { kWaiting, kDriven, kParked, kQuarantined, kDone };
std::string_view to_string(QueueState state);

struct QueuedRun {
  RunId run;
  QueueState state = QueueState::kWaiting;
  std::string worker;  // who drives it, or did last
  int deaths = 0;
  Millis age;  // since it was queued
};

struct WorkerSeen {
  std::string name;  // "host-a/4711"
  Millis heard_ago;
  int runs = 0;  // that it drives now
};

// Who writes a prefix that several runs share, if it has to be written.
struct PrefixAnswer {
  bool mine = false;    // the asker writes it; nobody else is told so for the length of a gate
  Millis readable_for;  // more than zero: it can be read already. Neither: another writes it now
};

// What the heartbeat learned.
struct FleetView {
  double share = 1;  // of the provider's limits, for this process: its part of all driven runs
  std::vector<std::pair<std::string, Millis>>
      holds;  // rate classes that were throttled, and for how long still
};

// A run that pauses for this reason waits again at once, in the same commit: its worker may be gone
// before it can ask for that.
inline constexpr std::string_view kHandedBack = "its worker was told to stop";

class Fleet {
 public:
  virtual ~Fleet() = default;

  // A new run (RunCreated and what it begins with) with its place in the queue, in one transaction.
  virtual void submit(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
                      QueueTerms terms, std::function<void(Status)> done) = 0;
  // A run that is parked, quarantined or lost its place by a worker's orderly end waits again.
  virtual void requeue(const RunId& run, std::function<void(Status)> done) = 0;
  // The run that has waited longest of those this worker can do; none: nothing waits. What has
  // killed `most_deaths` workers is quarantined instead.
  virtual void claim(const std::vector<std::string>& places, int most_deaths,
                     std::function<void(Result<std::optional<ClaimedRun>>)> done) = 0;
  // `notice` is called when there may be something to claim. It may be missed: ask now and then.
  virtual void on_work(std::function<void()> notice) = 0;
  virtual Result<std::vector<QueuedRun>> queue() = 0;  // all that is not done, oldest first
  virtual Result<std::vector<WorkerSeen>> workers() = 0;

  virtual void ask_prefix(const std::string& prefix, Millis longest_gate,
                          std::function<void(Result<PrefixAnswer>)> done) = 0;
  // Best effort: what is not told is written once more by another.
  virtual void prefix_written(const std::string& prefix, Millis readable_for) = 0;

  // After each heartbeat.
  virtual void on_view(std::function<void(const FleetView&)> view) = 0;
  // The provider refuses this class for so long: told to the others with the next heartbeat.
  virtual void throttled(const std::string& rate_class, Millis length) = 0;
};

}  // namespace baton
