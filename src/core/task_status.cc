#include "core/task_status.h"

namespace baton {
namespace {

// Leaves whatever index the task stood in, before its status changes.
void leave_index(RunState& run, const Task& task) {
  switch (task.status) {
    case TaskStatus::kReady:
      run.ready[lane_of(task.spec)].erase(task.spec.id);
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
    case TaskStatus::kUsingTools:
    case TaskStatus::kDone:
    case TaskStatus::kSkipped:
      return;
  }
}

void enter_index(RunState& run, const Task& task) {
  switch (task.status) {
    case TaskStatus::kReady:
      run.ready[lane_of(task.spec)].insert(task.spec.id);
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
    case TaskStatus::kUsingTools:
    case TaskStatus::kDone:
    case TaskStatus::kSkipped:
      return;
  }
}

void count_running(RunState& run, const Task& task, int by) {
  const bool joins =
      task.status == TaskStatus::kPreparing || task.status == TaskStatus::kBackingOff;
  if (task.spec.batch && joins) run.batch_joining += by;
  if (!task.running()) return;
  run.running += by;
  if (!task.spec.batch && task.spec.role == Role::kWorker) run.workers_running += by;
}

}  // namespace

void move_to(RunState& run, Task& task, TaskStatus status) {
  leave_index(run, task);
  count_running(run, task, -1);
  task.status = status;
  count_running(run, task, +1);
  enter_index(run, task);
}

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

void line_up(RunState& run, Task& task) {
  task.open_before = 0;
  for (const TaskId before : task.spec.after) {
    if (run.task(before).ended()) continue;
    ++task.open_before;
    run.task(before).dependents.push_back(task.spec.id);
  }
  if (task.open_before == 0 && !task.spec.last) move_to(run, task, TaskStatus::kReady);
}

}  // namespace baton
