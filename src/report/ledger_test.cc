#include "report/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/example_money.h"
#include "report/example_ledger.h"

namespace baton {

void PrintTo(const LedgerLine& line, std::ostream* out) {
  *out << line.name << ": runs " << line.runs << ", calls " << line.calls << ", " << line.usage
       << ", charged " << line.charged << ", orchestrator " << line.orchestrator << ", unknown "
       << line.unknown << " in " << line.unknown_calls << ", wasted " << line.wasted
       << ", escalations " << line.escalations << ", all deep " << line.all_deep << " against "
       << line.comparable << ", incomparable " << line.incomparable_calls;
}

namespace {

using example::in_out;
using example::kDeep;
using example::kFast;
using example::named;
using example::on;
using example::RunStory;
using testing::ElementsAre;

const TaskId kPlan(0);
const TaskId kNames(1);

std::vector<std::string> names_of(const std::vector<LedgerLine>& lines) {
  std::vector<std::string> names;
  for (const LedgerLine& line : lines) names.push_back(line.name);
  return names;
}

Ledger of_one(const RunStory& story, Period period = {}) {
  LedgerFold fold(Catalog::builtin(), std::move(period));
  fold.add(named("r-one"), story.costs());
  return std::move(fold).ledger();
}

TEST(LedgerTest, TwoRunsAddUpAsComputedByHand) {
  const Ledger ledger = example::two_runs();
  EXPECT_EQ(ledger.total, (LedgerLine{.name = "total",
                                      .runs = 2,
                                      .calls = 6,
                                      .usage = in_out(40'000, 32'000),
                                      .charged = dollars("0.82"),
                                      .orchestrator = dollars("0.60"),
                                      .unknown = dollars("0.10"),
                                      .unknown_calls = 1,
                                      .wasted = dollars("0.11"),
                                      .escalations = 1,
                                      .all_deep = dollars("1.00"),
                                      .comparable = dollars("0.72")}));
  EXPECT_EQ(ledger.mean_run(), dollars("0.41"));
  EXPECT_EQ(ledger.median_run(), dollars("0.42"));
}

TEST(LedgerTest, ACallCountsOnTheDayItWasReservedEvenIfItsRunBeganTheDayBefore) {
  const std::vector<LedgerLine> days = example::two_runs().lines(Grouping::kDay);
  ASSERT_EQ(names_of(days), (std::vector<std::string>{"2026-11-03", "2026-11-04", "2026-11-05"}));
  EXPECT_EQ(days[0].charged, dollars("0.42"));
  EXPECT_EQ(days[0].escalations, 1);
  EXPECT_EQ(days[1].charged, dollars("0.30"));
  EXPECT_EQ(days[2].charged, dollars("0.10"));
  EXPECT_EQ(days[2].runs, 1);
}

TEST(LedgerTest, WhatCostMostStandsFirst) {
  const Ledger ledger = example::two_runs();
  EXPECT_EQ(names_of(ledger.lines(Grouping::kRole)),
            (std::vector<std::string>{"orchestrator", "workers"}));
  EXPECT_EQ(names_of(ledger.lines(Grouping::kModel)),
            (std::vector<std::string>{"claude-opus-4-7", "claude-haiku-4-5"}));
  EXPECT_EQ(names_of(ledger.lines(Grouping::kType)),
            (std::vector<std::string>{"task_decomposition", "naming_convention_check",
                                      "test_coverage_verification"}));
  EXPECT_EQ(ledger.lines(Grouping::kWorker).front().name, "(orchestrator)");
}

TEST(LedgerTest, RunsStandNewestFirst) {
  EXPECT_EQ(names_of(example::two_runs().lines(Grouping::kRun)),
            (std::vector<std::string>{"r-two", "r-one"}));
}

TEST(LedgerTest, APeriodCutsARunThatGoesOnBeyondItsEnd) {
  const Ledger ledger = example::two_runs({.since = "2026-11-04", .until = "2026-11-04"});
  EXPECT_EQ(ledger.total.charged, dollars("0.30"));
  EXPECT_EQ(names_of(ledger.lines(Grouping::kRun)), (std::vector<std::string>{"r-two"}));
}

TEST(LedgerTest, ARunWithoutCallsIsARunThatCostNothing) {
  const Ledger ledger = of_one(RunStory(on(3)));
  EXPECT_EQ(ledger.total, (LedgerLine{.name = "total", .runs = 1}));
  EXPECT_EQ(ledger.mean_run(), Money());
}

TEST(LedgerTest, WithoutRunsThereIsNothing) {
  const Ledger ledger = LedgerFold(Catalog::builtin(), {}).ledger();
  EXPECT_EQ(ledger.total, (LedgerLine{.name = "total"}));
  EXPECT_EQ(ledger.median_run(), Money());
  for (const Grouping grouping : all_groupings()) EXPECT_TRUE(ledger.lines(grouping).empty());
}

TEST(LedgerTest, AMonthInWhichNothingRanStandsInTheTrend) {
  RunStory story(on(3));
  story.attempt(kPlan).spend({kPlan, kDeep, "0.30", in_out(10'000, 10'000)});
  story.at(on(3) + Millis::seconds(80 * 86'400LL)).attempt(kNames);
  story.spend({kNames, kFast, "0.06", in_out(10'000, 10'000)});
  const Ledger ledger = of_one(story, {.since = "2026-10-15"});
  const std::vector<LedgerLine> months = ledger.lines(Grouping::kMonth);
  EXPECT_EQ(names_of(months),
            (std::vector<std::string>{"2026-10", "2026-11", "2026-12", "2027-01"}));
  EXPECT_EQ(months[2], (LedgerLine{.name = "2026-12"}));
}

TEST(LedgerTest, AClockThatWasCenturiesOffFillsNoTrend) {
  RunStory story(Instant::from_unix_ms(0));
  story.attempt(kPlan).spend({kPlan, kDeep, "0.30", {}});
  story.at(on(3)).attempt(kNames).spend({kNames, kFast, "0.06", {}});
  EXPECT_EQ(of_one(story).lines(Grouping::kMonth).size(), 2U);
}

TEST(LedgerTest, AnOpenCallIsBookedAsUnknownButNotAsWasted) {
  RunStory story(on(3));
  story.attempt(kPlan).reserve(kPlan, kDeep, "0.40");
  const LedgerLine total = of_one(story).total;
  EXPECT_EQ(total.charged, dollars("0.40"));
  EXPECT_EQ(total.unknown, dollars("0.40"));
  EXPECT_EQ(total.wasted, Money());
}

TEST(LedgerTest, TurnsOfAnAcceptedAttemptAreNotWasted) {
  RunStory story(on(3));
  story.attempt(kNames);
  for (const Verdict verdict : {Verdict::kContinue, Verdict::kInvalid, Verdict::kAccepted}) {
    story.spend({kNames, kFast, "0.01", in_out(1, 1), BillState::kSettled, verdict});
  }
  EXPECT_EQ(of_one(story).total.wasted, Money());
}

TEST(LedgerTest, ALoopThatItsToolsHaveFinishedIsNotWasted) {
  RunStory story(on(3));
  story.attempt(kNames);
  story.spend({kNames, kFast, "0.01", in_out(1, 1), BillState::kSettled, Verdict::kTools});
  story.spend({kNames, kFast, "0.02", in_out(1, 1), BillState::kSettled, Verdict::kTools});
  EXPECT_EQ(of_one(story).total.wasted, Money());  // it goes on
  story.finish_by_tools(kNames);
  EXPECT_EQ(of_one(story).total.wasted, Money());
}

TEST(LedgerTest, ALoopThatWasGivenUpIsWasted) {
  RunStory story(on(3));
  story.attempt(kNames);
  story.spend({kNames, kFast, "0.03", in_out(1, 1), BillState::kSettled, Verdict::kTools});
  story.skip(kNames);
  EXPECT_EQ(of_one(story).total.wasted, dollars("0.03"));
}

TEST(LedgerTest, AllTurnsOfAnAttemptThatIsStartedAnewAreWasted) {
  RunStory story(on(3));
  story.attempt(kNames);
  story.spend({kNames, kFast, "0.01", in_out(1, 1), BillState::kSettled, Verdict::kContinue});
  story.attempt(kNames).spend({kNames, kFast, "0.02", in_out(1, 1)});
  EXPECT_EQ(of_one(story).total.wasted, dollars("0.01"));
}

TEST(LedgerTest, ARetryThatKeepsItsTurnsWastesOnlyTheCallThatFailed) {
  RunStory story(on(3));
  story.attempt(kNames);
  story.spend({kNames, kFast, "0.01", in_out(1, 1), BillState::kSettled, Verdict::kContinue});
  story.spend({kNames, kFast, "0.04", {}, BillState::kUnknown, Verdict::kNone});
  story.retry_keeping_turns(kNames).attempt(kNames);
  story.spend({kNames, kFast, "0.02", in_out(1, 1)});
  EXPECT_EQ(of_one(story).total.wasted, dollars("0.04"));
}

TEST(LedgerTest, ACallOnADayWithoutAPriceOfTheDeepModelIsLeftOutOfTheComparison) {
  RunStory story(on(3));
  story.attempt(kNames).spend({kNames, kFast, "0.06", in_out(10'000, 10'000)});
  LedgerFold fold(Catalog::builtin(), {});
  LedgerRun run = named("r-one");
  run.deep_model = "no-such-model";
  fold.add(run, story.costs());
  const LedgerLine total = std::move(fold).ledger().total;
  EXPECT_EQ(total.charged, dollars("0.06"));
  EXPECT_EQ(total.comparable, Money());
  EXPECT_EQ(total.incomparable_calls, 1);
}

RC_GTEST_PROP(LedgerProperty, EveryBreakdownOfAnyRunsAddsUpToTheTotal, ()) {
  LedgerFold fold(Catalog::builtin(), {});
  const auto runs = *rc::gen::inRange(0, 6);
  for (int i = 0; i < runs; ++i) {
    RunStory story(on(*rc::gen::inRange(1, 28), *rc::gen::inRange(0, 24)));
    const auto calls = *rc::gen::inRange(0, 8);
    for (int call = 0; call < calls; ++call) {
      const TaskId task(*rc::gen::inRange(0, 3));
      story.attempt(task).spend(
          {task, *rc::gen::element(kDeep, kFast), "0.000000000007", in_out(call, 2 * call),
           *rc::gen::element(BillState::kSettled, BillState::kUnknown, BillState::kNotBilled),
           *rc::gen::element(Verdict::kAccepted, Verdict::kInvalid, Verdict::kNone)});
    }
    fold.add(named(fmt::format("r-{}", i)), story.costs());
  }
  const Ledger ledger = std::move(fold).ledger();
  for (const Grouping grouping : all_groupings()) {
    LedgerLine sum{.name = "total"};
    for (const LedgerLine& line : ledger.lines(grouping)) {
      sum.calls += line.calls;
      sum.usage += line.usage;
      sum.charged += line.charged;
      sum.orchestrator += line.orchestrator;
      sum.unknown += line.unknown;
      sum.unknown_calls += line.unknown_calls;
      sum.wasted += line.wasted;
      sum.all_deep += line.all_deep;
      sum.comparable += line.comparable;
    }
    sum.runs = ledger.total.runs;
    RC_ASSERT(sum == ledger.total);
  }
}

}  // namespace
}  // namespace baton
