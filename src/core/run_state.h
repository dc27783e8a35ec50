// RunState: a run as its journal tells it, and nothing else. evolve() is the fold: it records what
// an event says and decides nothing, so every later version folds an old journal to the same state.
// (Not called apply: the events are a std::variant, and std::apply would be found first.)
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/budget.h"
#include "core/event.h"

namespace baton {

enum class TaskStatus {
  kWaiting,     // for other tasks
  kReady,       // may start as soon as there is a free hand
  kChecking,    // checkers run
  kPreparing,   // its prompt is being built
  kPrepared,    // waits for its prefix, the provider's limits, and its worst case to fit the caps
  kCalling,     // a call is in flight
  kUsingTools,  // the tools that its answer asks for are run
  kDeciding,    // its call has ended; what follows is decided in the same step
  kBackingOff,  // until `not_before`
  kDone,
  kSkipped,
};
std::string_view to_string(TaskStatus status);

// What a task waits for before it starts: an orchestrator for nothing, a worker for a free hand;
// what goes by batch occupies none.
enum class Lane { kOrchestrator, kBatch, kWorker };
inline Lane lane_of(const TaskSpec& spec) {
  if (spec.role == Role::kOrchestrator) return Lane::kOrchestrator;
  return spec.batch ? Lane::kBatch : Lane::kWorker;
}

// One answer of an attempt that went on, and what was said to it.
struct Turn {
  BlobId answer;
  BlobId content;  // empty: the answer is a text
  BlobId reply;
  bool operator==(const Turn&) const = default;
};

// The tools of one turn, and what they left.
struct ToolRound {
  std::vector<ToolRecord> calls;
  std::string workspace;
  bool operator==(const ToolRound&) const = default;
};

struct Task {
  TaskSpec spec;
  TaskStatus status = TaskStatus::kWaiting;
  Tier tier = Tier::kFast;  // that tries it now, or ended it
  std::string model;        // of the last attempt
  int attempts = 0;         // over all tiers; counted as they start: after a crash one may have run
  int attempts_here = 0;    // on this tier
  int tries = 0;            // of the same call: failures of a later turn cost the tier no attempt
  std::string effort;       // of the last or next attempt
  std::vector<Turn> turns;  // of this attempt, so far
  std::vector<ToolRound> rounds;  // of tools, of this attempt
  bool repaired = false;          // this attempt has had its turn to mend a bad answer
  bool checked = false;           // checkers have had their turn
  bool covered = false;           // and did all of it
  Tokens max_output;              // what the next attempt asks for
  int open_before = 0;            // tasks it still waits for
  std::vector<TaskId> dependents;
  std::optional<CallPrepared> prepared;
  std::optional<CallEnded> last_end;  // while kUsingTools or kDeciding
  BlobId tool_result;                 // likewise: what ended the task, where tools did
  bool followed = false;              // what its end brings has been added
  Tokens tail;                        // about how much of its turns stands in the provider's cache
  Instant tail_until;                 // and until when
  Instant not_before;
  Money spent;            // charged for its calls
  Money attempt_spent;    // of which for this attempt
  Tokens attempt_tokens;  // of its calls that have ended
  Instant attempt_since;
  BlobId findings;  // of its checkers
  BlobId result;    // the accepted answer
  std::optional<SkipReason> skipped;
  std::string note;  // why it was escalated or skipped, for the report

  bool ended() const { return status == TaskStatus::kDone || status == TaskStatus::kSkipped; }
  // Occupies one of the run's parallel hands.
  bool running() const {
    return status == TaskStatus::kChecking || status == TaskStatus::kPreparing ||
           status == TaskStatus::kPrepared || status == TaskStatus::kCalling ||
           status == TaskStatus::kUsingTools || status == TaskStatus::kDeciding;
  }
  // The tree that the tools of this attempt have left; empty: they have not been used.
  std::string workspace() const { return rounds.empty() ? std::string() : rounds.back().workspace; }
  bool operator==(const Task&) const = default;
};

// A call between its reservation and its end.
struct OpenCall {
  TaskId task;
  std::string model;
  Tokens max_output;
  Money hold;
  std::string price_date;
  Instant since;       // its reservation
  std::string day;     // of the reservation, whose cap it counts against
  std::string prefix;  // that it may read or write
  Tokens tokens;       // about what it can use up
  bool batch = false;
  BatchId in;  // the batch it has gone to; b0: none yet
  bool operator==(const OpenCall&) const = default;
};

struct Halt {  // the provider refuses the run: nothing more is started
  FailureKind kind = FailureKind::kDenied;
  std::string reason;
  bool operator==(const Halt&) const = default;
};

// What the store has set aside for the run of its project's cap for a day.
struct DayShare {
  std::string day;
  Money allotted;
  Money used;              // charged or held
  Money asked;             // not answered yet
  bool exhausted = false;  // the last answer was less than was asked for
  bool operator==(const DayShare&) const = default;
};

// A prefix that calls share, at the provider: written by one of them, then read by the others.
struct CacheEntry {
  CallId writer;  // in flight, its answer not begun; c0: none
  Instant since;  // its reservation
  Instant readable_until;
  // Where other runs may write it: what the fleet says of it, asked how often, and since when.
  enum class Fleet { kUnknown, kAsked, kOurs, kElsewhere } fleet = Fleet::kUnknown;
  int asks = 0;
  Instant first_asked;
  Instant told;
  bool operator==(const CacheEntry&) const = default;
};

struct OpenBatch {
  std::string name;  // the provider's; empty while it is not known
  Instant formed;
  std::set<CallId> calls;  // not ended
  bool operator==(const OpenBatch&) const = default;
};

struct RunState {
  RunCreated created;
  Instant last_at;  // of the last event
  RunStatus status = RunStatus::kRunning;
  std::string reason;
  bool stopping = false;
  std::string stop_reason;
  std::optional<Halt> halt;
  bool plan_closed = false;
  bool planned = false;         // it has been closed: only what tasks lead to opens it again
  std::set<std::string> asked;  // approvals that a person was asked for
  std::map<std::string, bool> approved;  // and has answered
  Budget budget;
  Money unknown;            // the booked part of budget.charged()
  Usage usage;              // of all calls that have ended
  std::vector<Task> tasks;  // tasks[i].spec.id is TaskId(i)
  std::map<CallId, OpenCall> open_calls;
  int calls = 0;                                 // so far; the next one is CallId(calls + 1)
  std::map<std::string, Budget> worker_budgets;  // by task type, of those that have a cap
  DayShare day;
  Tokens open_tokens;  // about what the open calls can use up
  std::map<std::string, CacheEntry> prefixes;
  std::set<CallId> unbatched;  // reserved for a batch that is still to be formed
  std::map<BatchId, OpenBatch> batches;
  int batches_formed = 0;
  std::optional<std::string> overbilled;  // a bill that passed its hold

  // Indices over `tasks`, kept by evolve() so that no decision walks all of them.
  std::map<Lane, std::set<TaskId>> ready;
  std::set<std::pair<Instant, TaskId>> backing_off;
  std::deque<TaskId> prepared;  // first come, first served
  std::deque<TaskId> deciding;
  int workers_running = 0;  // hands that are busy; what goes by batch needs none
  int batch_joining = 0;    // by batch, and to be reserved before long: preparing or backing off
  int running = 0;
  int to_follow = 0;  // tasks whose end may still bring others
  int ended = 0;
  int skipped = 0;

  Task& task(TaskId id) { return tasks[static_cast<std::size_t>(id.number())]; }
  // Calls that a process has to wait for: what a batch holds, a later one can collect.
  std::size_t live_calls() const {
    std::size_t batched = 0;
    for (const auto& [id, batch] : batches) batched += batch.calls.size();
    return open_calls.size() - batched;
  }
  const Task& task(TaskId id) const { return tasks[static_cast<std::size_t>(id.number())]; }
  bool operator==(const RunState&) const = default;
};

// Requires: the event can follow (contradiction() is empty).
void evolve(RunState& run, const Event& event);

// The day whose cap a call made now counts against. A clock set back does not go back to a share
// that was given up.
std::string share_day(const RunState& run, Instant now);

// Why the event cannot follow in this run; empty if it can. A journal that contradicts itself is
// damaged.
std::optional<std::string> contradiction(const RunState& run, const Event& event);

// The fold of a journal. kStorage, with the event's number, where it contradicts itself.
Result<RunState> replay(std::span<const Event> events);

}  // namespace baton
