#include <algorithm>

#include "core/task_status.h"

namespace baton {
namespace {

// What its end brings is to be added once it has come.
void await_followers(RunState& run, Task& task) {
  if (!task.spec.leads) return;
  run.plan_closed = false;
  if (task.followed) ++run.to_follow;
  task.followed = false;
}

// What a person was asked about is not what there is now.
void forget_approval(RunState& run, const Task& task) {
  run.approved.erase(task.spec.gate);
  run.asked.erase(task.spec.gate);
}

// To be done after all: from the beginning, or, where only its money was short, from the turn that
// it got to.
void reopen(RunState& run, Task& task, bool goes_on) {
  await_followers(run, task);
  forget_approval(run, task);
  if (task.skipped) --run.skipped;
  --run.ended;
  task.skipped.reset();
  task.note.clear();
  task.result.clear();
  task.checked = task.covered = false;  // what it found then may not hold now
  task.attempts_here = task.tries = 0;
  if (!goes_on) task.turns.clear();
  move_to(run, task, TaskStatus::kWaiting);
}

bool not_begun(const Task& task) {
  return task.status == TaskStatus::kWaiting ||
         (task.status == TaskStatus::kReady && task.attempts == 0 && !task.checked);
}

// It builds upon a task that is done again: what it has so far may not hold then. A call in flight
// has its end told first.
bool builds_on_reopened(const RunState& run, const Task& task, const std::set<TaskId>& reopened) {
  if (task.ended() || task.status == TaskStatus::kCalling) return false;
  return std::any_of(task.spec.after.begin(), task.spec.after.end(), [&](TaskId before) {
    return reopened.contains(before) && !run.task(before).ended();
  });
}

void begin_anew(RunState& run, Task& task) {
  task.checked = task.covered = false;
  task.turns.clear();
  task.rounds.clear();
  task.last_end.reset();
  task.tool_result.clear();
  move_to(run, task, TaskStatus::kWaiting);
}

}  // namespace

void reopen_skipped(RunState& run, const std::set<SkipReason>& reasons, bool goes_on) {
  std::set<TaskId> reopened;
  for (Task& task : run.tasks) {
    task.dependents.clear();
    if (!task.skipped || !reasons.contains(*task.skipped)) continue;
    reopened.insert(task.spec.id);
    if (task.spec.id == TaskId(0) && task.spec.role == Role::kOrchestrator)
      run.plan_closed = run.planned = false;
    reopen(run, task, goes_on);
  }
  for (Task& task : run.tasks) {
    if (!reopened.empty() && task.spec.last && task.ended()) reopen(run, task, false);
    if (builds_on_reopened(run, task, reopened)) begin_anew(run, task);
  }
  for (Task& task : run.tasks) {
    if (!not_begun(task)) continue;
    move_to(run, task, TaskStatus::kWaiting);
    line_up(run, task);
  }
  release_last(run);
}

}  // namespace baton
