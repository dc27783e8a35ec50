#include "core/run_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/task_status.h"

namespace baton {
namespace {

void on(RunState& run, const RunCreated& event) {
  run = RunState();
  run.created = event;
  run.budget = Budget(event.budget);
  for (const auto& [type, cap] : event.caps.worker) run.worker_budgets.emplace(type, Budget(cap));
}

// An attempt that was ours to lose leaves the tier its chances.
void uncount_try(Task& task) {
  --task.tries;
  if (task.turns.empty()) --task.attempts_here;
}

void on(RunState& run, const BudgetRaised& event) {
  run.created.budget = event.budget;
  run.budget.raise(event.budget);
  run.day.exhausted = false;
  reopen_skipped(run, {SkipReason::kBudget, SkipReason::kNeeded}, true);
}

void on(RunState& run, const RetryAsked&) {
  // What was declined can be asked again.
  std::erase_if(run.approved, [](const auto& answer) { return !answer.second; });
  std::erase_if(run.asked, [&](const std::string& gate) { return !run.approved.contains(gate); });
  reopen_skipped(
      run,
      {SkipReason::kFailed, SkipReason::kBudget, SkipReason::kNoPrice, SkipReason::kTooLarge,
       SkipReason::kProvider, SkipReason::kLimit, SkipReason::kNeeded, SkipReason::kDeclined},
      false);
}

// Of no task and no call that is still known. It counts against the day whose share the run has.
// Numbers that its calls may have had are not given again: the provider may still have a batch that
// names them.
void on(RunState& run, const TailLost& event) {
  constexpr std::int64_t kMostCalls = 1'000'000'000;
  run.calls =
      static_cast<int>(std::min(run.calls + std::min(event.events, kMostCalls), kMostCalls));
  run.budget.book(event.amount);
  run.unknown += event.amount;
  if (!run.day.day.empty()) run.day.used += event.amount;
}

void on(RunState& run, const AllotmentAsked& event) {
  if (run.day.day != event.day) run.day = DayShare{.day = event.day};
  run.day.asked = event.amount;
}

void on(RunState& run, const DayAllotted& event) {
  if (run.day.day != event.day) run.day = DayShare{.day = event.day};
  run.day.allotted += event.amount;
  run.day.exhausted = event.amount < run.day.asked;
  run.day.asked = Money();
}

// Once it can no longer be read, the fleet is asked anew.
void forget_fleet(CacheEntry& prefix) {
  prefix.fleet = CacheEntry::Fleet::kUnknown;
  prefix.asks = 0;
}

// Nobody is left to end what the process before had begun: it begins again. Calls in flight stay
// open; their ends follow in the journal as unknown.
void on(RunState& run, const RunResumed&) {
  run.status = RunStatus::kRunning;
  run.reason.clear();
  run.stopping = false;
  run.halt.reset();
  run.overbilled.reset();
  run.day.asked = Money();  // the answer, if there was one, was never told
  for (auto& [name, prefix] : run.prefixes) forget_fleet(prefix);  // likewise
  run.day.exhausted = false;
  // A clock that ran ahead must not keep them waiting; what the provider still refuses, it will say
  // again.
  std::erase_if(run.asked, [&](const std::string& gate) { return !run.approved.contains(gate); });
  while (!run.backing_off.empty())
    move_to(run, run.task(run.backing_off.begin()->second), TaskStatus::kReady);
  for (Task& task : run.tasks) {
    if (task.status == TaskStatus::kChecking || task.status == TaskStatus::kPreparing ||
        task.status == TaskStatus::kPrepared) {
      if (task.status != TaskStatus::kChecking) uncount_try(task);
      move_to(run, task, TaskStatus::kReady);
    }
    // The tools are run again, on what their predecessors left.
    if (task.status == TaskStatus::kUsingTools) move_to(run, task, TaskStatus::kDeciding);
  }
}

void on(RunState& run, const StopRequested& event) {
  run.stopping = true;
  run.stop_reason = event.why.empty() ? "stopped on request" : event.why;
}

void on(RunState& run, const TaskAdded& event) {
  Task task;
  task.spec = event.spec;
  task.tier = event.spec.tier;
  task.max_output = event.spec.max_output;
  task.effort = event.spec.effort;
  if (task.spec.leads) ++run.to_follow;
  run.tasks.push_back(std::move(task));
  line_up(run, run.tasks.back());
}

void on(RunState& run, const TaskFollowed& event) {
  run.task(event.task).followed = true;
  --run.to_follow;
}

void on(RunState& run, const ApprovalAsked& event) {
  run.asked.insert(event.gate);
}

void on(RunState& run, const ApprovalGiven& event) {
  run.approved[event.gate] = event.approved;
}

void on(RunState& run, const CallPrepared& event) {
  Task& task = run.task(event.task);
  task.prepared = event;
  move_to(run, task, TaskStatus::kPrepared);
}

// A call that reads an entry keeps it alive; the first one that finds none writes it.
void use_prefix(RunState& run, const OpenCall& call, CallId id, Instant at, Millis ttl) {
  CacheEntry& prefix = run.prefixes[call.prefix];
  if (at < prefix.readable_until) {
    prefix.readable_until = std::max(prefix.readable_until, at + ttl);
  } else if (!run.open_calls.contains(prefix.writer)) {
    prefix.writer = id;
    prefix.since = at;
    prefix.fleet = CacheEntry::Fleet::kOurs;
  }
}

void on(RunState& run, const PrefixAsked& event) {
  CacheEntry& prefix = run.prefixes[event.prefix];
  prefix.fleet = CacheEntry::Fleet::kAsked;
  if (prefix.asks++ == 0) prefix.first_asked = event.at;
}

void on(RunState& run, const PrefixTold& event) {
  CacheEntry& prefix = run.prefixes.at(event.prefix);
  prefix.told = event.at;
  prefix.fleet = event.ours ? CacheEntry::Fleet::kOurs : CacheEntry::Fleet::kElsewhere;
  if (event.readable_for <= Millis(0)) return;
  prefix.readable_until = event.at + event.readable_for;
  forget_fleet(prefix);
}

// From now on the others can read what the call wrote.
void open_prefix(RunState& run, const OpenCall& call, CallId id) {
  const auto prefix = run.prefixes.find(call.prefix);
  if (prefix == run.prefixes.end() || prefix->second.writer != id) return;
  prefix->second.readable_until = prefix->second.since + run.task(call.task).prepared->prefix_ttl;
  prefix->second.writer = CallId();
  forget_fleet(prefix->second);
}

void on(RunState& run, const FirstByte& event) {
  open_prefix(run, run.open_calls.at(event.call), event.call);
}

void on(RunState& run, const BatchFormed& event) {
  run.batches_formed = event.batch.number();
  OpenBatch& batch = run.batches[event.batch];
  batch.formed = event.at;
  batch.calls.insert(event.calls.begin(), event.calls.end());
  for (const CallId id : event.calls) {
    run.unbatched.erase(id);
    run.open_calls.at(id).in = event.batch;
  }
}

void on(RunState& run, const BatchAccepted& event) {
  run.batches.at(event.batch).name = event.name;
}

// No longer open: neither held, nor in a batch, nor writing a prefix.
void close_call(RunState& run, const OpenCall& call, const CallEnded& event) {
  run.budget.settle(event.call, event.charge);
  const Task& task = run.task(call.task);
  if (const auto own = run.worker_budgets.find(task.spec.type); own != run.worker_budgets.end())
    own->second.settle(event.call, event.charge);
  if (call.day == run.day.day) run.day.used += event.charge - call.hold;
  run.open_tokens -= call.tokens;
  run.unbatched.erase(event.call);
  if (const auto batch = run.batches.find(call.in); batch != run.batches.end()) {
    batch->second.calls.erase(event.call);
    if (batch->second.calls.empty()) run.batches.erase(batch);
  }
  if (event.bill == BillState::kSettled) open_prefix(run, call, event.call);
  run.open_calls.erase(event.call);
}

// What the provider has billed by the cache's prices, the next turn of the attempt can read.
void note_tail(Task& task, const OpenCall& call, const Usage& usage) {
  if (usage.cache_read + usage.cache_write_5m + usage.cache_write_1h == Tokens()) return;
  task.tail = task.prepared->input_estimate;
  task.tail_until = call.since + task.prepared->prefix_ttl;
}

void on(RunState& run, const CallEnded& event) {
  const OpenCall call = run.open_calls.at(event.call);
  close_call(run, call, event);
  if (event.charge > call.hold) {
    run.overbilled =
        fmt::format("{} of {} {} billed {}, and {} had been set aside", event.call.to_string(),
                    call.model, event.bill == BillState::kSettled ? "was" : "may have been",
                    event.charge.to_display(), call.hold.to_display());
  }
  if (event.bill == BillState::kUnknown) run.unknown += event.charge;
  run.usage += event.usage;
  Task& task = run.task(call.task);
  task.spent += event.charge;
  task.attempt_spent += event.charge;
  task.attempt_tokens += event.usage.prompt() + event.usage.output;
  task.last_end = event;
  note_tail(task, call, event.usage);
  move_to(run, task, TaskStatus::kDeciding);
}

void on(RunState& run, const ToolsStarted& event) {
  move_to(run, run.task(event.task), TaskStatus::kUsingTools);
}

void on(RunState& run, const ToolsEnded& event) {
  Task& task = run.task(event.task);
  task.rounds.push_back({event.calls, event.workspace});
  task.last_end->reply = event.reply;
  task.tool_result = event.result;
  move_to(run, task, TaskStatus::kDeciding);
}

void on(RunState& run, const CheckersStarted& event) {
  move_to(run, run.task(event.task), TaskStatus::kChecking);
}

void on(RunState& run, const CheckersEnded& event) {
  Task& task = run.task(event.task);
  task.checked = true;
  task.covered = event.covered;
  task.findings = event.findings;
  if (!event.note.empty()) task.note = event.note;
  // What is covered, or has no model to go to, ends with a decision of its own; the rest goes on to
  // a model.
  if (!event.covered && task.spec.tier != Tier::kLocal) {
    move_to(run, task, TaskStatus::kReady);
  } else {
    task.tier = Tier::kLocal;
    move_to(run, task, TaskStatus::kDeciding);
  }
}

void on(RunState& run, const AttemptStarted& event) {
  Task& task = run.task(event.task);
  task.attempts = event.attempt;
  task.tries = ++task.attempts_here;
  task.tier = event.tier;
  task.model = event.model;
  task.max_output = event.max_output;
  task.effort = event.effort;
  task.turns.clear();
  task.repaired = false;
  task.rounds.clear();
  task.attempt_spent = Money();
  task.attempt_tokens = Tokens();
  task.attempt_since = event.at;
  task.prepared.reset();
  move_to(run, task, TaskStatus::kPreparing);
}

// A new turn, after an answer; or the same one again, after a failure or a crash.
void on(RunState& run, const TurnStarted& event) {
  Task& task = run.task(event.task);
  if (task.last_end) {
    task.turns.push_back({task.last_end->answer, task.last_end->content, task.last_end->reply});
    task.repaired |= task.last_end->verdict == Verdict::kInvalid;
    task.last_end.reset();
    task.tries = 0;
  }
  ++task.tries;
  task.prepared.reset();
  move_to(run, task, TaskStatus::kPreparing);
}

void on(RunState& run, const CallReserved& event) {
  run.calls = event.call.number();
  Task& task = run.task(event.task);
  OpenCall call;
  call.task = event.task;
  call.model = event.model;
  call.max_output = event.max_output;
  call.hold = event.hold;
  call.price_date = event.price_date;
  call.since = event.at;
  call.day = share_day(run, event.at);
  call.prefix = task.prepared->prefix;
  call.tokens = task.prepared->input_estimate + event.max_output;
  call.batch = event.batch;
  run.budget.reserve(event.call, event.hold);
  if (const auto own = run.worker_budgets.find(task.spec.type); own != run.worker_budgets.end())
    own->second.reserve(event.call, event.hold);
  if (call.day == run.day.day) run.day.used += event.hold;
  run.open_tokens += call.tokens;
  if (event.batch) run.unbatched.insert(event.call);
  if (!call.prefix.empty() && !call.batch)
    use_prefix(run, call, event.call, event.at, task.prepared->prefix_ttl);
  run.open_calls.emplace(event.call, std::move(call));
  move_to(run, task, TaskStatus::kCalling);
}

void on(RunState& run, const RetryScheduled& event) {
  Task& task = run.task(event.task);
  if (!event.counted) uncount_try(task);
  if (!event.keeps_turns) task.turns.clear();
  task.effort = event.effort;
  task.max_output = event.max_output;
  task.not_before = event.not_before;
  task.last_end.reset();
  move_to(run, task, TaskStatus::kBackingOff);
}

void on(RunState& run, const RunHalted& event) {
  run.halt = Halt{event.kind, event.reason};
}

void on(RunState& run, const Escalated& event) {
  Task& task = run.task(event.task);
  task.tier = event.to;
  task.attempts_here = task.tries = 0;
  task.turns.clear();
  task.effort = task.spec.effort;
  task.max_output = task.spec.max_output;
  task.last_end.reset();
  task.note = fmt::format("{} → {}: {}", to_string(event.from), to_string(event.to), event.reason);
  move_to(run, task, TaskStatus::kReady);
}

void on(RunState& run, const PlanClosed&) {
  run.plan_closed = run.planned = true;
  release_last(run);
}

void on(RunState& run, const TaskFinished& event) {
  Task& task = run.task(event.task);
  task.result = event.result;
  task.tool_result.clear();
  task.last_end.reset();
  end_task(run, task, TaskStatus::kDone);
}

void on(RunState& run, const TaskSkipped& event) {
  Task& task = run.task(event.task);
  task.skipped = event.reason;
  task.note = event.message;
  task.last_end.reset();
  ++run.skipped;
  end_task(run, task, TaskStatus::kSkipped);
}

void on(RunState& run, const RunEnded& event) {
  run.day.allotted = run.day.used;  // the rest has gone back
  run.status = event.status;
  run.reason = event.reason;
}

bool goes_on_after_a_pause(const Event& event) {
  return std::holds_alternative<RunResumed>(event) || std::holds_alternative<BudgetRaised>(event) ||
         std::holds_alternative<RetryAsked>(event);
}

// The time in which nobody drove the run is none of its attempts'.
void spare_attempts(RunState& run, Millis pause) {
  if (pause <= Millis(0)) return;
  for (Task& task : run.tasks) task.attempt_since = task.attempt_since + pause;
}

}  // namespace

std::string_view to_string(TaskStatus status) {
  switch (status) {
    case TaskStatus::kWaiting:
      return "waiting";
    case TaskStatus::kReady:
      return "ready";
    case TaskStatus::kChecking:
      return "checking";
    case TaskStatus::kPreparing:
      return "preparing";
    case TaskStatus::kPrepared:
      return "waiting to be sent";
    case TaskStatus::kCalling:
      return "calling";
    case TaskStatus::kUsingTools:
      return "using tools";
    case TaskStatus::kDeciding:
      return "deciding";
    case TaskStatus::kBackingOff:
      return "backing off";
    case TaskStatus::kDone:
      return "done";
    case TaskStatus::kSkipped:
      return "skipped";
  }
  __builtin_unreachable();
}

std::string share_day(const RunState& run, Instant now) {
  return std::max(run.day.day, date_of(now));
}

void evolve(RunState& run, const Event& event) {
  const Instant at = at_of(event);
  if (goes_on_after_a_pause(event)) spare_attempts(run, at - run.last_at);
  std::visit([&run](const auto& e) { on(run, e); }, event);
  run.last_at = at;
}

Result<RunState> replay(std::span<const Event> events) {
  RunState run;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (const auto wrong = contradiction(run, events[i])) {
      return storage_error(fmt::format(
          "event {} of the journal contradicts what stands before it: {}", i + 1, *wrong));
    }
    evolve(run, events[i]);
  }
  if (events.empty()) return storage_error("the journal has no events");
  return run;
}

}  // namespace baton
