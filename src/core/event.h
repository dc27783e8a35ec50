// The events of a run: what happened (facts, told by the world) and what was decided (by step(),
// see step.h). Both stand in the journal, in order, and the state of a run is nothing but their
// fold.
//
// A decision is also the instruction: once it is durable, the driver carries it out
// (AttemptStarted: prepare the prompt; CallReserved: send; …). So nothing is done that the journal
// does not already know of.
//
//   TaskAdded ─► AttemptStarted ─► CallPrepared ─► CallReserved ─► CallEnded ─► TaskFinished
//     │            ▲                                                   ├──────► TaskSkipped
//     │            └──────────── RetryScheduled, perhaps Escalated ◄───┘
//     │                         ▲                                      │
//     │                         └──────────── TurnStarted ◄────────────┘  the attempt goes on
//     └─► CheckersStarted ─► CheckersEnded ─► TaskFinished, or on to a model
//
// An answer that asks for tools: CallEnded ─► ToolsStarted ─► ToolsEnded ─► TurnStarted, or the
// task's end.
//
// Large texts are not in events: they are stored once and named by their hash (BlobId).
#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/time.h"
#include "base/tokens.h"
#include "catalog/usage.h"
#include "core/call_outcome.h"
#include "core/tier.h"

namespace baton {

// What a run, or an attempt, may use up beside money.
struct Limits {
  std::optional<std::int64_t> turns;  // calls of one attempt
  std::optional<Tokens> tokens;       // of all its calls, prompt and output
  std::optional<Millis> wall;         // from its beginning, pauses included

  bool operator==(const Limits&) const = default;
};

// One piece of work with one outcome.
struct TaskSpec {
  TaskId id;
  std::string type;  // "naming_convention_check": rows of the task-type table
  Role role = Role::kWorker;
  Tier tier = Tier::kFast;      // the first tier that tries
  std::string model;            // of that tier, where it is not the run's own for it
  bool checkers_first = false;  // a program may do it: it goes first, at no cost
  std::vector<TaskId> after;    // ends of these come before its start
  std::vector<TaskId> needs;    // of these: where one was skipped, there is nothing to build upon
  bool last = false;            // starts once the plan is closed and every other task has ended
  bool leads = false;           // its end may bring further tasks
  std::string gate;             // the approval it waits for, where the run asks for it
  Limits limits;                // of each of its attempts
  Tokens max_output;            // what it asks for; a call may get less
  std::string effort;           // "low" … "max"; empty: the model's own default
  bool batch = false;           // not urgent: by the batch endpoint, at its price
  BlobId brief;                 // the task in the workflow's own words (JSON)

  bool operator==(const TaskSpec&) const = default;
};

// What may be promised, beside the run's whole budget. Each is a cap of its own: a call fits only
// if it fits all of them.
struct Caps {
  std::optional<Money> call;
  std::optional<Money> attempt;
  std::optional<Money> task;
  std::map<std::string, Money> worker;  // by task type, over the run
  std::optional<Money> day;             // over all runs of the project, on one day (UTC)

  bool operator==(const Caps&) const = default;
};

// What a run was expected to cost, before its first call.
struct Forecast {
  Money low;     // one run in ten costs less
  Money likely;  // the middle
  Money high;    // one run in ten costs more
  Millis wall;
  std::int64_t tasks = 0;
  std::int64_t history = 0;  // runs of this project it was learned from

  bool operator==(const Forecast&) const = default;
};

// ---- facts ----

// The first event of every journal.
struct RunCreated {
  Instant at;
  RunId run;
  std::string workflow;  // "review"
  std::string title;     // what `baton runs` shows
  BlobId request;        // the settings it was asked with (JSON)
  BlobId input;          // what it works on (JSON, the workflow's own)
  std::string catalog_version;
  std::string project;      // whose daily cap and history it shares
  std::string key;          // the submitter's: one run for each; empty: it is not to be known again
  std::string mode;         // "orchestrate", "direct" or "local"
  std::string mode_reason;  // for people
  std::optional<Money> budget;  // none: no cap
  Caps caps;
  Limits limits;                   // `turns` are those of one attempt
  std::vector<std::string> gates;  // what a person is asked about before it is done
  std::optional<Forecast> forecast;
  int parallel = 1;        // worker tasks at a time
  std::uint64_t seed = 0;  // for jitter
  bool operator==(const RunCreated&) const = default;
};

// A new process took the run over. What its predecessor had in flight has no one to end it any
// more.
struct RunResumed {
  Instant at;
  bool operator==(const RunResumed&) const = default;
};

// The user allows more: what was left undone for want of money is tried again.
struct BudgetRaised {
  Instant at;
  std::optional<Money> budget;  // none: no cap any more
  bool operator==(const BudgetRaised&) const = default;
};

// The user wants what was skipped tried again.
struct RetryAsked {
  Instant at;
  bool operator==(const RetryAsked&) const = default;
};

// The journal's end was lost, and the loss was accepted: `events` that followed here are gone.
// What they may have been billed beyond what stands here is booked, once and for good.
struct TailLost {
  Instant at;
  std::int64_t events = 0;
  Money amount;
  bool operator==(const TailLost&) const = default;
};

// What the store has set aside for this run of the project's cap for a day. An `amount` below what
// was asked for is all that the other runs of that day leave.
struct DayAllotted {
  Instant at;
  std::string day;
  Money amount;
  bool operator==(const DayAllotted&) const = default;
};

// The user asked to stop: nothing new is started; what is in flight may end.
struct StopRequested {
  Instant at;
  std::string why;  // for people; empty: the user's wish
  bool operator==(const StopRequested&) const = default;
};

// A planner's answer, or the workflow itself, named a task.
struct TaskAdded {
  Instant at;
  TaskSpec spec;
  bool operator==(const TaskAdded&) const = default;
};

// The tasks that this one's end brought have been added.
struct TaskFollowed {
  Instant at;
  TaskId task;
  bool operator==(const TaskFollowed&) const = default;
};

// A person has answered what ApprovalAsked asks.
struct ApprovalGiven {
  Instant at;
  std::string gate;
  bool approved = false;
  bool operator==(const ApprovalGiven&) const = default;
};

// The prompt of an attempt is ready: what it can cost is now known.
struct CallPrepared {
  Instant at;
  TaskId task;
  std::string content_key;    // SHA-256 of the request: the same question is the same key
  Tokens input_bound;         // can not be passed
  bool cache_marked = false;  // some of it is marked to be cached, and may be billed as a write
  Tokens input_estimate;      // for fitting a context window
  std::string prefix;         // what it shares with others, by a hash; empty: nothing marked
  Tokens prefix_tokens;       // about how long that is
  Millis prefix_ttl;          // how long it stays readable
  bool operator==(const CallPrepared&) const = default;
};

// The answer of a call that writes a shared prefix has begun: from now on others can read it.
struct FirstByte {
  Instant at;
  CallId call;
  bool operator==(const FirstByte&) const = default;
};

// What the fleet says of a prefix that was asked about.
struct PrefixTold {
  Instant at;
  std::string prefix;
  bool ours = false;    // this run writes it, if it is to be written
  Millis readable_for;  // more than zero: it can be read. Neither: another run writes it now
  bool operator==(const PrefixTold&) const = default;
};

// The provider has taken a batch, under this name. Its items end one by one (CallEnded).
struct BatchAccepted {
  Instant at;
  BatchId batch;
  std::string name;  // "msgbatch_…"
  bool operator==(const BatchAccepted&) const = default;
};

// What the answer is worth to its task; read by the workflow, decided upon by step().
enum class Verdict {
  kNone,  // there is no answer
  kAccepted,
  kContinue,    // a turn of a longer attempt: it goes on with `reply`
  kTools,       // the same, once the tools it asks for have been run
  kRefused,     // the model declined and would decline again
  kTruncated,   // cut at max_tokens
  kInvalid,     // not what the schema asks for
  kWindowFull,  // cut because the context window was full: asking for more output would not help
};
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view name);

enum class BillState { kSettled, kNotBilled, kUnknown };
std::string_view to_string(BillState state);
std::optional<BillState> bill_state_from(std::string_view name);

// A call ended. `charge` is the exact bill (kSettled), zero (kNotBilled) or the worst case that is
// booked until something better is known (kUnknown). It is computed once, from the price pinned in
// the reservation.
struct CallEnded {
  Instant at;
  CallId call;
  BillState bill = BillState::kSettled;
  Money charge;
  Usage usage;  // kUnknown: what had been reported before the cut
  Verdict verdict = Verdict::kNone;
  std::optional<FailureKind> failure;
  std::string message;  // what came back, for people
  int http_status = 0;
  std::optional<Millis> retry_after;
  BlobId answer;   // the text, kept whatever the verdict
  BlobId content;  // its blocks (JSON), where it is more than a text
  BlobId reply;    // what the model is told if the attempt goes on (JSON); empty: it can not
  std::string request_id;
  bool operator==(const CallEnded&) const = default;
};

// One tool call as it went: enough to see whether an attempt gets anywhere.
struct ToolRecord {
  std::string name;
  std::string call;     // a hash of what was asked
  std::string outcome;  // of what came back
  bool failed = false;
  bool operator==(const ToolRecord&) const = default;
};

// All tools of a turn have been run.
struct ToolsEnded {
  Instant at;
  TaskId task;
  std::vector<ToolRecord> calls;
  BlobId reply;           // what the model is told (JSON); empty where the task is done
  BlobId result;          // the task's, where they have ended it
  std::string workspace;  // the tree it is now (a git id); empty: there is none
  bool operator==(const ToolsEnded&) const = default;
};

struct CheckersEnded {
  Instant at;
  TaskId task;
  BlobId findings;      // JSON array of findings
  std::string note;     // a checker that failed, and how; empty if none did
  bool covered = true;  // false: they could not do the task after all, a model is needed
  bool operator==(const CheckersEnded&) const = default;
};

// ---- decisions ----

struct AttemptStarted {
  Instant at;
  TaskId task;
  int attempt = 1;  // of the task, over all tiers
  Tier tier = Tier::kFast;
  std::string model;
  Tokens max_output;
  std::string effort;
  bool operator==(const AttemptStarted&) const = default;
};

// The attempt goes on: the model is shown its answers so far and what was said to them.
struct TurnStarted {
  Instant at;
  TaskId task;
  int turn = 2;        // of the attempt; its first is AttemptStarted
  std::string reason;  // why, where the answer was not what was asked for
  bool operator==(const TurnStarted&) const = default;
};

// The tools that the last answer asks for are run.
struct ToolsStarted {
  Instant at;
  TaskId task;
  bool operator==(const ToolsStarted&) const = default;
};

// A person is asked. Nothing that waits for the answer starts before it.
struct ApprovalAsked {
  Instant at;
  std::string gate;
  bool operator==(const ApprovalAsked&) const = default;
};

struct CheckersStarted {
  Instant at;
  TaskId task;
  bool operator==(const CheckersStarted&) const = default;
};

// The worst case is set aside. From here on the call may have been billed, until its end is known.
struct CallReserved {
  Instant at;
  CallId call;
  TaskId task;
  std::string model;
  Tokens max_output;  // perhaps lowered to what the budget still holds
  Money hold;
  std::string price_date;  // `valid_from` of the pinned price sheet
  bool batch = false;      // waits for its batch, and is billed at its price
  bool operator==(const CallReserved&) const = default;
};

struct RetryScheduled {
  Instant at;
  TaskId task;
  Instant not_before;
  Tokens max_output;  // of the next attempt: more than the last where that one was cut short
  bool counted =
      true;  // false: the attempt was ours to lose (a stop, a crash), the tier keeps its chance
  bool keeps_turns = false;  // the turns so far stand, and the same call is made again
  std::string effort;        // of the next attempt: the retry may try harder
  std::string reason;
  bool operator==(const RetryScheduled&) const = default;
};

// What the next call can cost passes what is set aside for this run of the day's cap: the store is
// asked for more.
struct AllotmentAsked {
  Instant at;
  std::string day;
  Money amount;
  bool operator==(const AllotmentAsked&) const = default;
};

// No call of this run has written the prefix yet, but one of another run may have: the fleet is
// asked, so that it is written once.
struct PrefixAsked {
  Instant at;
  std::string prefix;
  bool operator==(const PrefixAsked&) const = default;
};

// These reserved calls go to the provider as one batch.
struct BatchFormed {
  Instant at;
  BatchId batch;
  std::vector<CallId> calls;
  bool operator==(const BatchFormed&) const = default;
};

// The provider refuses, or cannot be reached: nothing more is started, and the run can be resumed.
struct RunHalted {
  Instant at;
  FailureKind kind = FailureKind::kDenied;
  std::string reason;
  bool operator==(const RunHalted&) const = default;
};

struct Escalated {
  Instant at;
  TaskId task;
  Tier from = Tier::kFast;
  Tier to = Tier::kBalanced;
  std::string reason;
  bool operator==(const Escalated&) const = default;
};

// No task will be added any more.
struct PlanClosed {
  Instant at;
  bool operator==(const PlanClosed&) const = default;
};

struct TaskFinished {
  Instant at;
  TaskId task;
  BlobId result;  // the accepted answer, or the checkers' findings
  bool operator==(const TaskFinished&) const = default;
};

enum class SkipReason {
  kFailed,    // every tier it may use has failed
  kBudget,    // what is left of the budget does not hold one useful call, and nothing is in flight
  kNoPrice,   // no model of a tier it may use has a price
  kTooLarge,  // its context fits no window
  kProvider,  // the provider refuses the run: key, permission, spend limit
  kLimit,     // a limit of turns, tokens or time
  kNeeded,    // a task that it builds upon was skipped
  kDeclined,  // a person did not approve of it
};
std::string_view to_string(SkipReason reason);
std::optional<SkipReason> skip_reason_from(std::string_view name);

struct TaskSkipped {
  Instant at;
  TaskId task;
  SkipReason reason = SkipReason::kFailed;
  std::string message;
  bool operator==(const TaskSkipped&) const = default;
};

enum class RunStatus {
  kRunning,
  kPaused,           // stopped on request or by a spend limit; can be resumed
  kComplete,         // every task has its outcome, none is missing
  kPartial,          // some tasks are missing, named in the report
  kBudgetExhausted,  // some tasks are missing for want of budget
  kFailed,           // the provider failed us: no plan, or nothing could be done
};
std::string_view to_string(RunStatus status);
std::optional<RunStatus> run_status_from(std::string_view name);

// The last event of a run, or of a process's part of it (kPaused).
struct RunEnded {
  Instant at;
  RunStatus status = RunStatus::kComplete;
  std::string reason;  // for people; empty for kComplete
  std::string day;     // of the last allotment, and what of it was used: the rest goes back
  Money day_used;
  bool operator==(const RunEnded&) const = default;
};

using Event =
    std::variant<RunCreated, RunResumed, BudgetRaised, RetryAsked, TailLost, DayAllotted,
                 StopRequested, TaskAdded, TaskFollowed, ApprovalGiven, CallPrepared, FirstByte,
                 PrefixTold, BatchAccepted, CallEnded, ToolsEnded, CheckersEnded, AttemptStarted,
                 TurnStarted, ToolsStarted, ApprovalAsked, CheckersStarted, CallReserved,
                 RetryScheduled, AllotmentAsked, PrefixAsked, BatchFormed, RunHalted, Escalated,
                 PlanClosed, TaskFinished, TaskSkipped, RunEnded>;

Instant at_of(const Event& event);

}  // namespace baton
