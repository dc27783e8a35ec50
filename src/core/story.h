// For the tests of core/: a run whose story a test tells.
#pragma once

#include <algorithm>
#include <vector>

#include "catalog/example_prices.h"
#include "core/step.h"

namespace baton {

inline constexpr Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z
inline constexpr TaskId kPlan{0};
inline constexpr TaskId kReport{1};

inline Rules test_rules() {
  Rules rules;
  rules.catalog = &prices();
  rules.models = {"small", "large", "large"};
  return rules;
}

inline TaskSpec spec(int id, Role role, Tier tier) {
  TaskSpec s;
  s.id = TaskId(id);
  s.type = role == Role::kWorker ? "naming_convention_check" : "task_decomposition";
  s.role = role;
  s.tier = tier;
  s.max_output = Tokens(1000);
  return s;
}

// A run whose story a test tells: facts go in, and what was decided comes out.
class Story {
 public:
  explicit Story(std::optional<Money> budget = std::nullopt, int parallel = 4)
      : Story(asked(budget, parallel)) {}
  explicit Story(RunCreated created) { tell(std::move(created)); }

  static RunCreated asked(std::optional<Money> budget = std::nullopt, int parallel = 4) {
    RunCreated created;
    created.at = kNoon;
    created.run = "r-test";
    created.budget = budget;
    created.parallel = parallel;
    return created;
  }

  std::vector<Event> tell(Event fact) {
    std::vector<Event> events = step(run, std::move(fact), rules);
    journal.insert(journal.end(), events.begin(), events.end());
    events.erase(events.begin());  // the fact itself
    return events;
  }
  std::vector<Event> wait(Millis length) {
    now = now + length;
    std::vector<Event> events = tick(run, now, rules);
    journal.insert(journal.end(), events.begin(), events.end());
    return events;
  }
  std::vector<Event> add(TaskSpec s) { return tell(TaskAdded{now, std::move(s)}); }
  std::vector<Event> prepared(TaskId task, Tokens bound = Tokens(1000)) {
    return tell(CallPrepared{now, task, "key", bound, true, bound});
  }
  std::vector<Event> settled(CallId call, Verdict verdict = Verdict::kAccepted,
                             Tokens output = Tokens(100)) {
    CallSettled outcome;
    outcome.usage.input = Tokens(1000);
    outcome.usage.output = std::min(output, run.open_calls.at(call).max_output);
    return tell(booked_end(run, call, outcome, verdict, "answer", prices(), now));
  }
  std::vector<Event> failed(CallId call, FailureKind kind) {
    return tell(booked_end(run, call, CallNotBilled{kind, "it failed", 500, {}, {}}, Verdict::kNone,
                           {}, prices(), now));
  }
  std::vector<Event> cut(CallId call) {
    return tell(booked_end(run, call, CallUnknown{}, Verdict::kNone, {}, prices(), now));
  }

  Rules rules = test_rules();
  RunState run;
  Instant now = kNoon;
  std::vector<Event> journal;
};

template <typename T>
std::vector<T> only(const std::vector<Event>& events) {
  std::vector<T> chosen;
  for (const Event& event : events) {
    if (const T* e = std::get_if<T>(&event)) chosen.push_back(*e);
  }
  return chosen;
}

inline TaskSpec worker(int id) {
  return spec(id, Role::kWorker, Tier::kFast);
}

// A run with a plan whose call is in flight and a report that waits for everything.
inline Story planned(std::optional<Money> budget = std::nullopt, int parallel = 4) {
  Story story(budget, parallel);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  TaskSpec report = spec(1, Role::kOrchestrator, Tier::kDeep);
  report.type = "result_synthesis";
  report.last = true;
  story.add(report);
  story.prepared(kPlan);
  return story;
}

}  // namespace baton
