// Why an event cannot follow in a run: what a damaged journal says, or a fact that is told twice.
#include <fmt/format.h>

#include <algorithm>

#include "core/run_state.h"

namespace baton {
namespace {

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
  for (const TaskId needed : spec.needs) {
    if (std::find(spec.after.begin(), spec.after.end(), needed) == spec.after.end())
      return fmt::format("task {} needs {} without waiting for it", spec.id.to_string(),
                         needed.to_string());
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
  const Task& task = run.task(event.task);
  if (task.status != TaskStatus::kPrepared)
    return fmt::format("call {} is reserved without being prepared", event.call.to_string());
  const auto own = run.worker_budgets.find(task.spec.type);
  if (event.hold < Money() || !run.budget.fits(event.hold) ||
      (own != run.worker_budgets.end() && !own->second.fits(event.hold))) {
    return fmt::format("call {} holds more than the budget has left", event.call.to_string());
  }
  return std::nullopt;
}

std::optional<std::string> call_contradiction(const RunState& run, CallId call,
                                              std::string_view does) {
  if (run.open_calls.contains(call)) return std::nullopt;
  return fmt::format("call {} {} without being open", call.to_string(), does);
}

std::optional<std::string> lost_contradiction(const TailLost& event) {
  if (event.events > 0 && event.amount >= Money()) return std::nullopt;
  return fmt::format("{} lost events are booked at {}", event.events, event.amount.to_display());
}

std::optional<std::string> allotted_contradiction(const RunState& run, const DayAllotted& event) {
  if (event.day == run.day.day && event.amount >= Money() && event.amount <= run.day.asked)
    return std::nullopt;
  return fmt::format("{} of {} is allotted, and {} had been asked for", event.amount.to_display(),
                     event.day, run.day.asked.to_display());
}

std::optional<std::string> told_contradiction(const RunState& run, const PrefixTold& event) {
  const auto prefix = run.prefixes.find(event.prefix);
  if (prefix != run.prefixes.end() && prefix->second.fleet == CacheEntry::Fleet::kAsked)
    return std::nullopt;
  return fmt::format("prefix {} is told of without having been asked about",
                     event.prefix.substr(0, 12));
}

// What tells of a task's doing follows upon its beginning.
std::optional<std::string> begun_contradiction(const RunState& run, TaskId id, TaskStatus doing,
                                               std::string_view what) {
  if (auto wrong = task_contradiction(run, id)) return wrong;
  if (run.task(id).status == doing) return std::nullopt;
  return fmt::format("task {} {} while it is {}", id.to_string(), what,
                     to_string(run.task(id).status));
}

std::optional<std::string> batch_contradiction(const RunState& run, const BatchFormed& event) {
  if (event.batch.number() != run.batches_formed + 1)
    return fmt::format("batch {} is out of order", event.batch.to_string());
  for (const CallId call : event.calls) {
    if (!run.unbatched.contains(call))
      return fmt::format("call {} is batched without waiting for it", call.to_string());
  }
  return std::nullopt;
}

std::optional<std::string> followed_contradiction(const RunState& run, TaskId id) {
  const bool known = id.number() >= 0 && id.number() < static_cast<int>(run.tasks.size());
  if (known && run.task(id).ended() && run.task(id).spec.leads && !run.task(id).followed)
    return std::nullopt;
  return fmt::format("task {} is followed without leading to others", id.to_string());
}

}  // namespace

std::optional<std::string> contradiction(const RunState& run, const Event& event) {
  const bool first = run.created.run.empty();
  if (std::holds_alternative<RunCreated>(event) != first) {
    return first ? "it does not begin with the run's creation" : "the run is created a second time";
  }
  if (const auto* ended = std::get_if<CallEnded>(&event))
    return call_contradiction(run, ended->call, "ends");
  if (const auto* begun = std::get_if<FirstByte>(&event))
    return call_contradiction(run, begun->call, "is answered");
  if (const auto* batch = std::get_if<BatchFormed>(&event)) return batch_contradiction(run, *batch);
  if (const auto* batch = std::get_if<BatchAccepted>(&event)) {
    if (run.batches.contains(batch->batch)) return std::nullopt;
    return fmt::format("batch {} is accepted without being open", batch->batch.to_string());
  }
  if (const auto* lost = std::get_if<TailLost>(&event)) return lost_contradiction(*lost);
  if (const auto* allotted = std::get_if<DayAllotted>(&event))
    return allotted_contradiction(run, *allotted);
  if (const auto* told = std::get_if<PrefixTold>(&event)) return told_contradiction(run, *told);
  if (const auto* prepared = std::get_if<CallPrepared>(&event))
    return begun_contradiction(run, prepared->task, TaskStatus::kPreparing, "is prepared");
  if (const auto* used = std::get_if<ToolsEnded>(&event))
    return begun_contradiction(run, used->task, TaskStatus::kUsingTools, "has used its tools");
  if (const auto* tools = std::get_if<ToolsStarted>(&event)) {
    if (auto wrong = begun_contradiction(run, tools->task, TaskStatus::kDeciding, "uses tools"))
      return wrong;
    if (run.task(tools->task).last_end) return std::nullopt;
    return fmt::format("task {} uses tools that no answer asks for", tools->task.to_string());
  }
  if (const auto* asked = std::get_if<ApprovalAsked>(&event)) {
    if (!run.asked.contains(asked->gate)) return std::nullopt;
    return fmt::format("'{}' is asked for a second time", asked->gate);
  }
  if (const auto* followed = std::get_if<TaskFollowed>(&event))
    return followed_contradiction(run, followed->task);
  if (const auto* given = std::get_if<ApprovalGiven>(&event)) {
    if (run.asked.contains(given->gate) && !run.approved.contains(given->gate)) return std::nullopt;
    return fmt::format("'{}' is approved of without having been asked for", given->gate);
  }
  if (const auto* checked = std::get_if<CheckersEnded>(&event))
    return begun_contradiction(run, checked->task, TaskStatus::kChecking, "is checked");
  if (const auto* added = std::get_if<TaskAdded>(&event))
    return added_contradiction(run, added->spec);
  if (const auto task = task_of(event)) {
    if (auto wrong = task_contradiction(run, *task)) return wrong;
  }
  if (const auto* reserved = std::get_if<CallReserved>(&event))
    return reserved_contradiction(run, *reserved);
  return std::nullopt;
}

}  // namespace baton
