// How tasks change their status, and what follows from it for the run. For the .cc files of core/
// only.
#pragma once

#include <set>

#include "core/run_state.h"

namespace baton {

// The only place where a task's status changes.
void move_to(RunState& run, Task& task, TaskStatus status);
// Ready, unless it waits for others.
void line_up(RunState& run, Task& task);
// The last task has no dependents and is released by the end of everything else.
void release_last(RunState& run);
void end_task(RunState& run, Task& task, TaskStatus status);

// reopen.cc: what was skipped for one of these reasons has another chance: from the beginning, or,
// if it `goes_on`, from the turn that it got to. Dependents that went ahead without it stay done;
// those that have not begun wait for it again, and what sums everything up is done again after it.
void reopen_skipped(RunState& run, const std::set<SkipReason>& reasons, bool goes_on);

}  // namespace baton
