// For tests: runs as stories, told in days, calls and dollars.
#pragma once

#include <string>
#include <vector>

#include "report/ledger.h"

namespace baton::example {

inline constexpr std::string_view kDeep = "claude-opus-4-7";
inline constexpr std::string_view kFast = "claude-haiku-4-5";

inline Instant on(int november, int hour = 12) {  // 2026-11-…T…:00Z
  return Instant::from_unix_ms(1'793'491'200'000) +
         Millis::seconds(86'400LL * (november - 1) + 3'600LL * hour);
}

struct Spent {
  TaskId task;
  std::string_view model;
  std::string_view charge;
  Usage usage;
  BillState bill = BillState::kSettled;
  Verdict verdict = Verdict::kAccepted;
};

// One run: t0 is the orchestrator's, t1 and t2 are workers'.
class RunStory {
 public:
  explicit RunStory(Instant at) : at_(at) {
    events_.emplace_back(RunCreated{.at = at, .run = "r-story"});
    add(TaskId(0), "task_decomposition", Role::kOrchestrator);
    add(TaskId(1), "naming_convention_check", Role::kWorker);
    add(TaskId(2), "test_coverage_verification", Role::kWorker);
  }

  RunStory& at(Instant at) {
    at_ = at;
    return *this;
  }
  RunStory& attempt(TaskId task) {
    events_.emplace_back(AttemptStarted{.at = at_, .task = task});
    return *this;
  }
  RunStory& escalate(TaskId task) {
    events_.emplace_back(Escalated{.at = at_, .task = task});
    return *this;
  }
  // The tools that its last answer asked for have ended it.
  RunStory& finish_by_tools(TaskId task) {
    events_.emplace_back(ToolsEnded{.at = at_, .task = task, .result = "result"});
    return *this;
  }
  RunStory& skip(TaskId task) {
    events_.emplace_back(TaskSkipped{.at = at_, .task = task});
    return *this;
  }
  RunStory& retry_keeping_turns(TaskId task) {
    events_.emplace_back(RetryScheduled{.at = at_, .task = task, .keeps_turns = true});
    return *this;
  }
  RunStory& reserve(TaskId task, std::string_view model, std::string_view hold) {
    events_.emplace_back(CallReserved{.at = at_,
                                      .call = CallId(++calls_),
                                      .task = task,
                                      .model = std::string(model),
                                      .hold = *Money::parse(hold)});
    return *this;
  }
  RunStory& spend(const Spent& spent) {
    reserve(spent.task, spent.model, "5");
    events_.emplace_back(CallEnded{.at = at_,
                                   .call = CallId(calls_),
                                   .bill = spent.bill,
                                   .charge = *Money::parse(spent.charge),
                                   .usage = spent.usage,
                                   .verdict = spent.verdict});
    return *this;
  }

  CostFold costs() const {
    CostFold fold;
    fold.add(events_);
    return fold;
  }

 private:
  void add(TaskId id, std::string type, Role role) {
    events_.emplace_back(
        TaskAdded{.at = at_, .spec = {.id = id, .type = std::move(type), .role = role}});
  }

  Instant at_;
  std::vector<Event> events_;
  int calls_ = 0;
};

inline LedgerRun named(std::string run, std::string title = "HEAD~1..HEAD") {
  return {.run = std::move(run),
          .title = std::move(title),
          .status = "complete",
          .deep_model = std::string(kDeep)};
}

inline Usage in_out(std::int64_t input, std::int64_t output) {
  return {.input = Tokens(input), .output = Tokens(output)};
}

// Two runs, by hand. Opus 4.7 costs $5 and $25 per million tokens, Haiku 4.5 $1 and $5.
//
//   r-one, 3 November: plan $0.30 (10K in, 10K out), names $0.06 (10K, 10K), coverage lost $0.01
//     (5K, 1K) at Haiku, then escalated: $0.05 (5K, 1K) at Opus
//   r-two, 4 November, 23:00: plan $0.30; 5 November, 01:00: names unknown, $0.10 booked
inline Ledger two_runs(Period period = {}) {
  const TaskId plan(0);
  const TaskId names(1);
  const TaskId coverage(2);
  LedgerFold fold(Catalog::builtin(), std::move(period));
  RunStory one(on(3));
  one.attempt(plan).spend({plan, kDeep, "0.30", in_out(10'000, 10'000)});
  one.attempt(names).spend({names, kFast, "0.06", in_out(10'000, 10'000)});
  one.attempt(coverage).spend(
      {coverage, kFast, "0.01", in_out(5'000, 1'000), BillState::kSettled, Verdict::kInvalid});
  one.escalate(coverage).attempt(coverage);
  one.spend({coverage, kDeep, "0.05", in_out(5'000, 1'000)});
  fold.add(named("r-one"), one.costs());

  RunStory two(on(4, 23));
  two.attempt(plan).spend({plan, kDeep, "0.30", in_out(10'000, 10'000)});
  two.at(on(5, 1)).attempt(names);
  two.spend({names, kFast, "0.10", {}, BillState::kUnknown, Verdict::kNone});
  fold.add(named("r-two", "src/db"), two.costs());
  return std::move(fold).ledger();
}

}  // namespace baton::example
