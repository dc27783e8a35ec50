// For tests: a run whose calls cost what the test says, and what one does to a journal with it.
#pragma once

#include <fmt/format.h>

#include <future>
#include <string>
#include <vector>

#include "core/run_state.h"
#include "store/journal.h"

namespace baton {

inline constexpr Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z

// A run of one task whose calls cost what the test says.
class Told {
 public:
  explicit Told(RunId run, std::optional<Money> budget = Money::dollars(5)) : run_(std::move(run)) {
    RunCreated created;
    created.at = kNoon;
    created.run = run_;
    created.workflow = "review";
    created.title = "title of " + run_;
    created.budget = budget;
    TaskSpec task;
    task.type = "naming_convention_check";
    task.max_output = Tokens(1000);
    events = {created, TaskAdded{kNoon, task}, PlanClosed{kNoon}};
  }
  // Four events: the attempt, its prompt, what it holds, and how it ended.
  Told& call(Money hold, Money charge) {
    reserve(hold);
    events.push_back(CallEnded{.at = kNoon, .call = CallId(calls_), .charge = charge});
    events.push_back(RetryScheduled{.at = kNoon, .task = TaskId(0), .not_before = kNoon});
    return *this;
  }
  Told& reserve(Money hold) {
    events.push_back(AttemptStarted{.at = kNoon, .task = TaskId(0), .attempt = ++calls_});
    events.push_back(CallPrepared{.at = kNoon, .task = TaskId(0)});
    events.push_back(
        CallReserved{.at = kNoon, .call = CallId(calls_), .task = TaskId(0), .hold = hold});
    return *this;
  }
  const RunId& run() const { return run_; }

  std::vector<Event> events;

 private:
  RunId run_;
  int calls_ = 0;
};

inline Status tell(Journal& journal, const RunId& run, std::vector<Event> events,
                   std::vector<Blob> texts = {}) {
  std::promise<Status> answer;
  journal.append(run, std::move(events), std::move(texts),
                 [&](Status status) { answer.set_value(std::move(status)); });
  return answer.get_future().get();
}

inline std::vector<std::string> found_in(Journal& journal) {
  const Result<std::vector<Damage>> damage = journal.verify();
  if (!damage) return {"verify failed: " + damage.error().message};
  std::vector<std::string> found;
  for (const Damage& d : *damage)
    found.push_back(d.run.empty() ? d.what : fmt::format("run {}: {}", d.run, d.what));
  return found;
}

}  // namespace baton
