#include "core/run_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace baton {
namespace {

// Leaves whatever index the task stood in, before its status changes.
void leave_index(RunState& run, const Task& task) {
  switch (task.status) {
    case TaskStatus::kReady:
      run.ready[task.spec.role].erase(task.spec.id);
      return;
    case TaskStatus::kBackingOff:
      run.backing_off.erase({task.not_before, task.spec.id});
      return;
    case TaskStatus::kPrepared:
      std::erase(run.prepared, task.spec.id);
      return;
    case TaskStatus::kDeciding:
      std::erase(run.deciding, task.spec.id);
      return;
    case TaskStatus::kWaiting:
    case TaskStatus::kChecking:
    case TaskStatus::kPreparing:
    case TaskStatus::kCalling:
    case TaskStatus::kDone:
    case TaskStatus::kSkipped:
      return;
  }
}

void enter_index(RunState& run, const Task& task) {
  switch (task.status) {
    case TaskStatus::kReady:
      run.ready[task.spec.role].insert(task.spec.id);
      return;
    case TaskStatus::kBackingOff:
      run.backing_off.emplace(task.not_before, task.spec.id);
      return;
    case TaskStatus::kPrepared:
      run.prepared.push_back(task.spec.id);
      return;
    case TaskStatus::kDeciding:
      run.deciding.push_back(task.spec.id);
      return;
    case TaskStatus::kWaiting:
    case TaskStatus::kChecking:
    case TaskStatus::kPreparing:
    case TaskStatus::kCalling:
    case TaskStatus::kDone:
    case TaskStatus::kSkipped:
      return;
  }
}

void count_running(RunState& run, const Task& task, int by) {
  if (!task.running()) return;
  run.running += by;
  if (task.spec.role == Role::kWorker) run.workers_running += by;
}

// The only place where a task's status changes.
void move_to(RunState& run, Task& task, TaskStatus status) {
  leave_index(run, task);
  count_running(run, task, -1);
  task.status = status;
  count_running(run, task, +1);
  enter_index(run, task);
}

// The last task has no dependents and is released by the end of everything else.
void release_last(RunState& run) {
  if (!run.plan_closed) return;
  for (Task& task : run.tasks) {
    if (task.spec.last && task.status == TaskStatus::kWaiting &&
        run.ended + 1 == static_cast<int>(run.tasks.size())) {
      move_to(run, task, TaskStatus::kReady);
    }
  }
}

void end_task(RunState& run, Task& task, TaskStatus status) {
  move_to(run, task, status);
  ++run.ended;
  for (const TaskId id : task.dependents) {
    Task& dependent = run.task(id);
    if (--dependent.open_before == 0 && !dependent.spec.last) {
      move_to(run, dependent, TaskStatus::kReady);
    }
  }
  if (run.ended + 1 == static_cast<int>(run.tasks.size())) release_last(run);
}

void on(RunState& run, const RunCreated& event) {
  run = RunState();
  run.created = event;
  run.budget = Budget(event.budget);
}

// Nobody is left to end what the process before had begun: it begins again. Calls in flight stay
// open; their ends follow in the journal as unknown.
void on(RunState& run, const RunResumed&) {
  run.status = RunStatus::kRunning;
  run.reason.clear();
  run.stopping = false;
  run.halt.reset();
  run.throttled_until.clear();
  // A clock that ran ahead must not keep them waiting; what the provider still refuses, it will say
  // again.
  while (!run.backing_off.empty())
    move_to(run, run.task(run.backing_off.begin()->second), TaskStatus::kReady);
  for (Task& task : run.tasks) {
    if (task.status == TaskStatus::kChecking || task.status == TaskStatus::kPreparing ||
        task.status == TaskStatus::kPrepared) {
      if (task.status != TaskStatus::kChecking) --task.attempts_here;
      move_to(run, task, TaskStatus::kReady);
    }
  }
}

void on(RunState& run, const StopRequested&) {
  run.stopping = true;
}

void on(RunState& run, const TaskAdded& event) {
  Task task;
  task.spec = event.spec;
  task.tier = event.spec.tier;
  task.max_output = event.spec.max_output;
  for (const TaskId before : event.spec.after) {
    if (run.task(before).ended()) continue;
    ++task.open_before;
    run.task(before).dependents.push_back(event.spec.id);
  }
  run.tasks.push_back(std::move(task));
  Task& added = run.tasks.back();
  if (added.open_before == 0 && !added.spec.last) move_to(run, added, TaskStatus::kReady);
}

void on(RunState& run, const CallPrepared& event) {
  Task& task = run.task(event.task);
  task.prepared = event;
  move_to(run, task, TaskStatus::kPrepared);
}

void on(RunState& run, const CallEnded& event) {
  const OpenCall call = run.open_calls.at(event.call);
  run.budget.settle(event.call, event.charge);
  if (event.bill == BillState::kUnknown) run.unknown += event.charge;
  run.usage += event.usage;
  run.open_calls.erase(event.call);
  if (event.failure == FailureKind::kThrottled && event.retry_after) {
    Instant& until = run.throttled_until[call.model];
    until = std::max(until, event.at + *event.retry_after);
  }
  Task& task = run.task(call.task);
  task.last_end = event;
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
  ++task.attempts_here;
  task.tier = event.tier;
  task.model = event.model;
  task.max_output = event.max_output;
  task.prepared.reset();
  move_to(run, task, TaskStatus::kPreparing);
}

void on(RunState& run, const CallReserved& event) {
  run.calls = event.call.number();
  run.budget.reserve(event.call, event.hold);
  run.open_calls.emplace(event.call, OpenCall{event.task, event.model, event.max_output, event.hold,
                                              event.price_date});
  move_to(run, run.task(event.task), TaskStatus::kCalling);
}

void on(RunState& run, const RetryScheduled& event) {
  Task& task = run.task(event.task);
  if (!event.counted) --task.attempts_here;
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
  task.attempts_here = 0;
  task.max_output = task.spec.max_output;
  task.last_end.reset();
  task.note = fmt::format("{} → {}: {}", to_string(event.from), to_string(event.to), event.reason);
  move_to(run, task, TaskStatus::kReady);
}

void on(RunState& run, const PlanClosed&) {
  run.plan_closed = true;
  release_last(run);
}

void on(RunState& run, const TaskFinished& event) {
  Task& task = run.task(event.task);
  task.result = event.result;
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
  run.status = event.status;
  run.reason = event.reason;
}

std::optional<TaskId> task_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<TaskId> {
        if constexpr (requires { e.task; }) return e.task;
        return std::nullopt;
      },
      event);
}

std::optional<std::string> task_contradiction(const RunState& run, TaskId id) {
  if (id.number() < 0 || id.number() >= static_cast<int>(run.tasks.size())) {
    return fmt::format("task {} does not exist", id.to_string());
  }
  if (run.task(id).ended()) return fmt::format("task {} has already ended", id.to_string());
  return std::nullopt;
}

std::optional<std::string> added_contradiction(const RunState& run, const TaskSpec& spec) {
  if (spec.id.number() != static_cast<int>(run.tasks.size())) {
    return fmt::format("task {} is added as number {}", spec.id.to_string(), run.tasks.size());
  }
  for (const TaskId before : spec.after) {
    if (before.number() < 0 || before >= spec.id) {
      return fmt::format("task {} waits for {}, which does not come before it", spec.id.to_string(),
                         before.to_string());
    }
  }
  return std::nullopt;
}

std::optional<std::string> reserved_contradiction(const RunState& run, const CallReserved& event) {
  if (event.call.number() != run.calls + 1)
    return fmt::format("call {} is out of order", event.call.to_string());
  if (event.hold < Money() || !run.budget.fits(event.hold)) {
    return fmt::format("call {} holds more than the budget has left", event.call.to_string());
  }
  return std::nullopt;
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
      return "waiting for budget";
    case TaskStatus::kCalling:
      return "calling";
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

void evolve(RunState& run, const Event& event) {
  std::visit([&run](const auto& e) { on(run, e); }, event);
}

std::optional<std::string> contradiction(const RunState& run, const Event& event) {
  const bool first = run.created.run.empty();
  if (std::holds_alternative<RunCreated>(event) != first) {
    return first ? "it does not begin with the run's creation" : "the run is created a second time";
  }
  if (const auto* ended = std::get_if<CallEnded>(&event)) {
    if (!run.open_calls.contains(ended->call)) {
      return fmt::format("call {} ends without being open", ended->call.to_string());
    }
    return std::nullopt;
  }
  if (const auto* added = std::get_if<TaskAdded>(&event))
    return added_contradiction(run, added->spec);
  if (const auto task = task_of(event)) {
    if (auto wrong = task_contradiction(run, *task)) return wrong;
  }
  if (const auto* reserved = std::get_if<CallReserved>(&event))
    return reserved_contradiction(run, *reserved);
  return std::nullopt;
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
