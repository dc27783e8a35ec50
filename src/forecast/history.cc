#include "forecast/history.h"

#include <map>
#include <variant>

namespace baton {
namespace {

struct Fold {
  PastRun past;
  std::map<TaskId, TaskSpec> tasks;
  std::map<TaskId, AttemptStarted> attempts;  // the latest of each task
  std::map<CallId, CallReserved> open;

  void operator()(const RunCreated& event) {
    past.run = event.run;
    past.began = event.at;
    past.mode = event.mode;
    past.forecast = event.forecast;
  }
  void operator()(const TaskAdded& event) {
    tasks[event.spec.id] = event.spec;
    ++past.tasks;
    if (past.mode.empty() && event.spec.type == "task_decomposition") past.mode = "orchestrate";
  }
  void operator()(const AttemptStarted& event) {
    if (!attempts.insert_or_assign(event.task, event).second) ++past.retries;
  }
  void operator()(const CallPrepared& event) {
    if (past.subject > Tokens() || event.task != TaskId(0)) return;
    past.subject = event.input_estimate;
    const auto attempt = attempts.find(event.task);
    if (attempt != attempts.end()) past.subject_model = attempt->second.model;
  }
  void operator()(const CallReserved& event) { open[event.call] = event; }
  void operator()(const CallEnded& event) {
    past.charged += event.charge;
    const auto reserved = open.find(event.call);
    if (reserved == open.end()) return;
    // What nobody billed used nothing. Of an unknown bill, what had been reported counts.
    if (event.bill != BillState::kNotBilled) {
      const TaskSpec& task = tasks[reserved->second.task];
      const AttemptStarted& attempt = attempts[reserved->second.task];
      past.calls.push_back({.type = task.type,
                            .role = task.role,
                            .tier = attempt.tier,
                            .model = reserved->second.model,
                            .effort = attempt.effort,
                            .usage = event.usage});
    }
    open.erase(reserved);
  }
  void operator()(const TailLost& event) { past.charged += event.amount; }
  void operator()(const RunEnded& event) { past.status = event.status; }
  void operator()(const RunResumed&) { past.status = RunStatus::kRunning; }
  void operator()(const auto&) {}
};

}  // namespace

PastRun past_run(const std::vector<Event>& events) {
  Fold fold;
  std::optional<Instant> before;
  for (const Event& event : events) {
    std::visit(fold, event);
    const Instant at = at_of(event);
    // Until it is resumed, a run that was left stands still.
    if (before && at > *before && !std::holds_alternative<RunResumed>(event))
      fold.past.active = fold.past.active + (at - *before);
    before = at;
  }
  return std::move(fold.past);
}

}  // namespace baton
