#include "report/cost_report.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/example_money.h"

namespace baton {
namespace {

constexpr std::string_view kDeep = "claude-opus-4-7";
constexpr std::string_view kFast = "claude-haiku-4-5";
const Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z
const TaskId kPlan(0);
const TaskId kNames(1);

Usage in_out(std::int64_t input, std::int64_t output) {
  return {.input = Tokens(input), .output = Tokens(output)};
}

// A journal in the making.
class Story {
 public:
  Story() {
    events_.emplace_back(RunCreated{
        .at = kNoon, .budget = dollars("2"), .forecast = Forecast{.likely = dollars("0.5")}});
    add(kPlan, "task_decomposition", Role::kOrchestrator);
    add(kNames, "naming_convention_check", Role::kWorker);
  }

  void add(TaskId id, std::string type, Role role) {
    events_.emplace_back(
        TaskAdded{.at = kNoon, .spec = {.id = id, .type = std::move(type), .role = role}});
  }
  void attempt(TaskId task) { events_.emplace_back(AttemptStarted{.at = kNoon, .task = task}); }
  void escalate(TaskId task) { events_.emplace_back(Escalated{.at = kNoon, .task = task}); }
  CallId reserve(TaskId task, std::string_view model, std::string_view hold, Instant at = kNoon) {
    const CallId call(++calls_);
    events_.emplace_back(CallReserved{
        .at = at, .call = call, .task = task, .model = std::string(model), .hold = dollars(hold)});
    return call;
  }
  void end(CallId call, BillState bill, std::string_view charge, Usage usage) {
    events_.emplace_back(CallEnded{
        .at = kNoon, .call = call, .bill = bill, .charge = dollars(charge), .usage = usage});
  }

  CostReport cost(std::string_view deep = kDeep) const {
    return cost_of(events_, Catalog::builtin(), deep);
  }

 private:
  std::vector<Event> events_;
  int calls_ = 0;
};

bool same(const CostLine& a, const CostLine& b) {
  return a.name == b.name && a.calls == b.calls && a.usage == b.usage && a.charged == b.charged;
}

testing::AssertionResult lines_are(const std::vector<CostLine>& lines,
                                   const std::vector<CostLine>& expected) {
  if (std::equal(lines.begin(), lines.end(), expected.begin(), expected.end(), same)) {
    return testing::AssertionSuccess();
  }
  auto failure = testing::AssertionFailure();
  for (const CostLine& line : lines) {
    failure << '\n' << line.name << ' ' << line.calls << ' ' << line.usage << ' ' << line.charged;
  }
  return failure;
}

TEST(CostReportTest, EveryChargeIsCountedByRoleModelAndTask) {
  Story story;
  story.attempt(kPlan);
  // 10,000 x 5 + 2,000 x 25 per million = $0.10
  story.end(story.reserve(kPlan, kDeep, "0.5"), BillState::kSettled, "0.10", in_out(10'000, 2'000));
  story.attempt(kNames);
  // 20,000 x 1 + 1,000 x 5 = $0.025
  story.end(story.reserve(kNames, kFast, "0.1"), BillState::kSettled, "0.025",
            in_out(20'000, 1'000));

  const CostReport cost = story.cost();
  EXPECT_EQ(cost.total, dollars("0.125"));
  EXPECT_EQ(cost.unknown, Money());
  EXPECT_EQ(cost.budget, dollars("2"));
  EXPECT_EQ(cost.estimate, dollars("0.5"));
  EXPECT_EQ(cost.calls, 2);
  EXPECT_EQ(cost.usage, in_out(30'000, 3'000));
  EXPECT_TRUE(lines_are(cost.by_role, {{"orchestrator", 1, in_out(10'000, 2'000), dollars("0.10")},
                                       {"workers", 1, in_out(20'000, 1'000), dollars("0.025")}}));
  EXPECT_TRUE(
      lines_are(cost.by_model, {{std::string(kDeep), 1, in_out(10'000, 2'000), dollars("0.10")},
                                {std::string(kFast), 1, in_out(20'000, 1'000), dollars("0.025")}}));
  EXPECT_TRUE(lines_are(
      cost.by_task, {{"t0 task_decomposition", 1, in_out(10'000, 2'000), dollars("0.10")},
                     {"t1 naming_convention_check", 1, in_out(20'000, 1'000), dollars("0.025")}}));
}

TEST(CostReportTest, TheReferenceSprintSavesSixtyFourPercent) {
  Story story;
  story.end(story.reserve(kPlan, kDeep, "5"), BillState::kSettled, "5", in_out(500'000, 100'000));
  for (int worker = 0; worker < 4; ++worker) {
    story.end(story.reserve(kNames, kFast, "1"), BillState::kSettled, "1",
              in_out(500'000, 100'000));
  }
  const CostReport cost = story.cost();
  EXPECT_EQ(cost.total, dollars("9"));
  EXPECT_EQ(cost.all_deep, dollars("25"));
  EXPECT_EQ(cost.saved_percent(), 64.0);
}

TEST(CostReportTest, AnUnknownOutcomeIsInTheTotalAndNamedApart) {
  Story story;
  story.end(story.reserve(kNames, kFast, "0.3"), BillState::kUnknown, "0.3", in_out(1'000, 0));
  story.end(story.reserve(kNames, kFast, "0.3"), BillState::kSettled, "0.001", in_out(1'000, 0));
  const CostReport cost = story.cost();
  EXPECT_EQ(cost.total, dollars("0.301"));
  EXPECT_EQ(cost.unknown, dollars("0.3"));
  EXPECT_EQ(cost.unknown_calls, 1);
}

TEST(CostReportTest, ACallWhoseEndIsNotInTheJournalCountsWithWhatIsSetAsideForIt) {
  Story story;
  story.reserve(kNames, kFast, "0.3");
  const CostReport cost = story.cost();
  EXPECT_EQ(cost.total, dollars("0.3"));
  EXPECT_EQ(cost.unknown, dollars("0.3"));
  EXPECT_EQ(cost.unknown_calls, 1);
}

TEST(CostReportTest, ACallThatWasNotBilledCostsNothing) {
  Story story;
  story.end(story.reserve(kNames, kFast, "0.3"), BillState::kNotBilled, "0", {});
  const CostReport cost = story.cost();
  EXPECT_EQ(cost.calls, 1);
  EXPECT_EQ(cost.total, Money());
  EXPECT_EQ(cost.unknown_calls, 0);
  EXPECT_EQ(cost.saved_percent(), 0);
}

TEST(CostReportTest, OnlyAttemptsAfterATasksFirstAreRetries) {
  Story story;
  story.attempt(kPlan);
  story.attempt(kNames);
  story.attempt(kNames);
  story.escalate(kNames);
  story.attempt(kNames);
  EXPECT_EQ(story.cost().retries, 2);
  EXPECT_EQ(story.cost().escalations, 1);
}

TEST(CostReportTest, TheBaselineUsesThePriceOfTheDayOfTheCall) {
  const Usage read{.cache_read = Tokens(1'000'000)};
  const Instant before = Instant::from_unix_ms(1'791'331'199'000);  // 2026-10-06T23:59:59Z
  const Instant after = before + Millis::seconds(1);
  for (const auto& [at, price] : {std::pair{before, "0.20"}, std::pair{after, "0.10"}}) {
    Story story;
    story.end(story.reserve(kNames, kFast, "1", at), BillState::kSettled, "0.1", read);
    EXPECT_EQ(story.cost("claude-sonnet-5-5").all_deep, dollars(price)) << at;
  }
}

TEST(CostReportTest, WithoutAPriceOfTheDeepModelThereIsNoBaseline) {
  Story story;
  story.end(story.reserve(kNames, kFast, "1"), BillState::kSettled, "0.1", in_out(1, 1));
  for (const char* deep : {"claude-mythos-5-2", "no-such-model"}) {
    EXPECT_EQ(story.cost(deep).all_deep, Money());
    EXPECT_EQ(story.cost(deep).saved_percent(), 0);
  }
}

TEST(CostReportTest, PercentagesAreRoundedDown) {
  CostReport cost;
  cost.total = dollars("1");
  cost.all_deep = dollars("3");
  EXPECT_EQ(cost.saved_percent(), 66.6);
  cost.total = dollars("3.001");
  EXPECT_EQ(cost.saved_percent(), -0.1);
  cost.all_deep = dollars("3000000");
  EXPECT_EQ(cost.saved_percent(), 99.9);
  cost.usage = {.input = Tokens(1), .cache_read = Tokens(2)};
  EXPECT_EQ(cost.cached_percent(), 66.6);
}

TEST(CostReportTest, AnEmptyJournalCostsNothing) {
  const CostReport cost = cost_of({}, Catalog::builtin(), kDeep);
  EXPECT_EQ(cost.total, Money());
  EXPECT_EQ(cost.cached_percent(), 0);
  EXPECT_TRUE(lines_are(cost.by_role, {{"orchestrator", 0, {}, {}}, {"workers", 0, {}, {}}}));
}

RC_GTEST_PROP(CostReportProperty, EveryBreakdownAddsUpToTheTotal, ()) {
  Story story;
  const auto count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) {
    const CallId call =
        story.reserve(*rc::gen::element(kPlan, kNames), *rc::gen::element(kDeep, kFast), "0.07");
    if (*rc::gen::inRange(0, 4) == 0) continue;
    const auto bill =
        *rc::gen::element(BillState::kSettled, BillState::kUnknown, BillState::kNotBilled);
    story.end(call, bill, bill == BillState::kNotBilled ? "0" : "0.013", in_out(i, 2 * i));
  }
  const CostReport cost = story.cost();
  for (const auto* lines : {&cost.by_role, &cost.by_model, &cost.by_task}) {
    Money charged;
    Usage usage;
    int calls = 0;
    for (const CostLine& line : *lines) {
      charged += line.charged;
      usage += line.usage;
      calls += line.calls;
    }
    RC_ASSERT(charged == cost.total);
    RC_ASSERT(usage == cost.usage);
    RC_ASSERT(calls == cost.calls);
  }
}

TEST(CostReportTest, WhatWasBookedForLostEventsIsSpentAndNotKnown) {
  std::vector<Event> events = {RunCreated{.at = kNoon},
                               TailLost{.at = kNoon, .events = 4, .amount = dollars("0.25")}};
  const CostReport cost = cost_of(events, Catalog::builtin(), kDeep);
  EXPECT_EQ(cost.total, dollars("0.25"));
  EXPECT_EQ(cost.unknown, dollars("0.25"));
  ASSERT_EQ(cost.by_task.size(), 1U);
  EXPECT_EQ(cost.by_task[0].name, "lost_events");
}

}  // namespace
}  // namespace baton
