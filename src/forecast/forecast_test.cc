#include "forecast/forecast.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/example_money.h"
#include "forecast/forecast_modes.h"
#include "forecast/score.h"
#include "forecast/size_estimate.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kDay = "2026-11-20";
const TierModels kModels{"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"};

std::vector<Money> cents(const std::vector<int>& amounts) {
  std::vector<Money> money;
  for (const int amount : amounts) money.push_back(Money::cents(amount));
  return money;
}

Change change_of(int files, int added, std::string_view end = ".cc") {
  Change change;
  for (int i = 0; i < files; ++i) {
    ChangedFile file;
    file.path = "f" + std::to_string(i) + std::string(end);
    Hunk hunk;
    hunk.new_first = 1;
    hunk.lines.assign(static_cast<std::size_t>(added / files),
                      {HunkLine::Kind::kAdded, "int x = 1;"});
    file.hunks = {hunk};
    change.files.push_back(std::move(file));
  }
  return change;
}

ForecastCall call(std::string type, Role role, Tier tier, int input, int output,
                  std::string effort = "") {
  return {.type = std::move(type),
          .role = role,
          .tier = tier,
          .model = kModels[tier],
          .effort = std::move(effort),
          .usage = {.input = Tokens(input), .output = Tokens(output)}};
}

PastRun planned_run(int subject = 2'000) {
  PastRun run;
  run.mode = "orchestrate";
  run.status = RunStatus::kComplete;
  run.subject = Tokens(subject);
  run.subject_model = kModels[Tier::kDeep];
  run.tasks = 4;
  run.active = Millis(60'000);
  run.calls = {call("task_decomposition", Role::kOrchestrator, Tier::kDeep, 2'000, 1'000),
               call("import_organization", Role::kWorker, Tier::kFast, 1'000, 200),
               call("api_taste", Role::kWorker, Tier::kDeep, 1'000, 400),
               call("result_synthesis", Role::kOrchestrator, Tier::kDeep, 800, 500)};
  return run;
}

PastRun direct_run(std::string effort, int output) {
  PastRun run;
  run.mode = "direct";
  run.status = RunStatus::kComplete;
  run.subject = Tokens(2'000);
  run.subject_model = kModels[Tier::kDeep];
  run.tasks = 1;
  run.calls = {call("direct_review", Role::kWorker, Tier::kDeep, 2'000, output, std::move(effort))};
  return run;
}

class ForecastTest : public testing::Test {
 protected:
  ForecastAsk ask(int prompt = 2'000) const {
    return {.change = change,
            .types = TaskTypes::builtin(),
            .models = kModels,
            .catalog = Catalog::builtin(),
            .date = std::string(kDay),
            .prompt = Tokens(prompt)};
  }
  Change change = change_of(1, 10);
};

// ---- the interval ----

TEST(IntervalTest, OneGuessIsGivenATenthToThreeTimesAsWide) {
  EXPECT_EQ(interval_of(cents({100}), 0),
            (Interval{Money::cents(10), Money::cents(100), Money::cents(300)}));
}

TEST(IntervalTest, OfNineRunsTheEndsAreTheSmallestAndTheLargest) {
  EXPECT_EQ(interval_of(cents({9, 1, 8, 2, 7, 3, 6, 4, 5}), 9),
            (Interval{Money::cents(1), Money::cents(5), Money::cents(9)}));
}

TEST(IntervalTest, OfNineteenTheEndsAreTheSecondOfEachSide) {
  std::vector<int> amounts(19);
  for (int i = 0; i < 19; ++i) amounts[static_cast<std::size_t>(i)] = i + 1;
  EXPECT_EQ(interval_of(cents(amounts), 19),
            (Interval{Money::cents(2), Money::cents(10), Money::cents(18)}));
}

TEST(IntervalTest, FewerRunsReachBeyondWhatTheySawByWhatIsMissing) {
  // Of three, the ends are moved by six tenths of the way to a tenth and to three times.
  EXPECT_EQ(interval_of(cents({100, 200, 400}), 3),
            (Interval{Money::cents(46), Money::cents(200), Money::cents(880)}));
}

RC_GTEST_PROP(IntervalTest, IsInOrderWhateverWasSeen, ()) {
  auto amounts =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100'000)));
  const auto n = static_cast<std::int64_t>(amounts.size());
  const Interval interval = interval_of(cents(amounts), n);
  RC_ASSERT(interval.low >= Money());
  RC_ASSERT(interval.low <= interval.likely);
  RC_ASSERT(interval.likely <= interval.high);
}

// ---- with history ----

TEST_F(ForecastTest, ARunOfTheSameSizeGoesAsItWent) {
  const Prospect prospect = forecast_review(ask(), {planned_run()});
  // 2,000 + 1,000 + 800 in at $5 and 1,900 out at $25; 1,000 in at $1 and 200 out at $5.
  EXPECT_EQ(prospect.forecast.likely, dollars("0.0685"));
  EXPECT_EQ(prospect.forecast.history, 1);
  EXPECT_EQ(prospect.forecast.tasks, 4);
  EXPECT_EQ(prospect.forecast.wall, Millis(60'000));
  EXPECT_EQ(prospect.calls, 4);
  EXPECT_EQ(prospect.tokens, (Usage{.input = Tokens(4'800), .output = Tokens(2'100)}));
}

TEST_F(ForecastTest, AChangeFourTimesAsLargeHasTwiceTheTasksEachTwiceAsLarge) {
  const Prospect prospect = forecast_review(ask(8'000), {planned_run()});
  EXPECT_EQ(prospect.forecast.tasks, 6);
  EXPECT_EQ(prospect.calls, 6);
  // The plan four times, the workers' prompts four times, the report twice; answers twice.
  EXPECT_EQ(prospect.tokens, (Usage{.input = Tokens(8'000 + 8'000 + 1'600),
                                    .output = Tokens(2'000 + 1'200 + 1'000)}));
}

TEST_F(ForecastTest, APlanNamesNoMoreTasksThanItMay) {
  ForecastAsk few = ask(8'000);
  few.max_tasks = 3;
  EXPECT_EQ(forecast_review(few, {planned_run()}).forecast.tasks, 5);
}

TEST_F(ForecastTest, WhatTheProviderCountedTakesThePlaceOfTheEstimate) {
  ForecastAsk counted = ask();
  counted.counted = Tokens(1'500);
  EXPECT_EQ(forecast_review(counted, {planned_run()}).tokens.input, Tokens(4'300));
}

TEST_F(ForecastTest, OnAnotherModelTokensAreCountedAndPricedAsItDoes) {
  const TierModels cheaper{"claude-haiku-4-5", "claude-sonnet-4-6", "claude-sonnet-4-6"};
  const ForecastAsk asked{.change = change,
                          .types = TaskTypes::builtin(),
                          .models = cheaper,
                          .catalog = Catalog::builtin(),
                          .date = std::string(kDay),
                          .prompt = Tokens(1'539)};  // 2,000 of the newer tokenizers'
  const Prospect prospect = forecast_review(asked, {planned_run()});
  EXPECT_LT(prospect.tokens.input, Tokens(4'000));
  EXPECT_LT(prospect.forecast.likely, dollars("0.0685"));
}

TEST_F(ForecastTest, WorkersInABatchAreHalfThePrice) {
  ForecastAsk batched = ask();
  batched.batch = true;
  // The workers' $0.002 and $0.015 are halved.
  EXPECT_EQ(forecast_review(batched, {planned_run()}).forecast.likely, dollars("0.06"));
}

TEST_F(ForecastTest, OnlyRunsThatEndedAndWentTheSameWayAreAsked) {
  PastRun paused = planned_run();
  paused.status = RunStatus::kPaused;
  PastRun exhausted = planned_run();
  exhausted.status = RunStatus::kBudgetExhausted;
  EXPECT_EQ(forecast_review(ask(), {paused, exhausted, direct_run("high", 100)}).forecast.history,
            0);
}

TEST_F(ForecastTest, AnAnswerIsAsLongAsItsEffort) {
  ForecastAsk alone = ask();
  alone.way = Way::kDirect;
  const std::vector<PastRun> history = {direct_run("high", 1'000)};
  EXPECT_EQ(forecast_review(alone, history).tokens.output, Tokens(1'000));
  alone.effort = "low";
  EXPECT_EQ(forecast_review(alone, history).tokens.output, Tokens(500));
}

TEST_F(ForecastTest, WithoutHistoryTheSizeDecides) {
  const Prospect prospect = forecast_review(ask(), {});
  const ReviewEstimate by_size =
      estimate_review(change, TaskTypes::builtin(), kModels, Catalog::builtin(), kDay);
  EXPECT_EQ(prospect.forecast.history, 0);
  EXPECT_EQ(prospect.forecast.tasks, 14);
  EXPECT_GT(prospect.forecast.likely, by_size.total() - by_size.plan);
  EXPECT_EQ(prospect.forecast.high, prospect.forecast.likely * 3);
}

// ---- caps ----

TEST_F(ForecastTest, TheTightestCapStandsFirst) {
  ForecastAsk capped = ask();
  capped.budget = dollars("0.05");
  capped.caps.day = dollars("0.01");
  capped.caps.worker = {{"api_taste", dollars("0.001")}, {"import_organization", dollars("5")}};
  capped.limits.tokens = Tokens(1'000'000);
  const Prospect prospect = forecast_review(capped, {planned_run()});
  std::vector<std::string> names;
  for (const CapMet& cap : prospect.caps) names.push_back(cap.cap);
  EXPECT_THAT(names, ElementsAre("--budget-per-worker api_taste", "--budget-per-day", "--budget"));
  EXPECT_TRUE(prospect.caps.back().likely);
}

TEST_F(ForecastTest, ACapAboveTheHighEndIsNotMet) {
  ForecastAsk capped = ask();
  capped.budget = forecast_review(ask(), {planned_run()}).forecast.high;
  EXPECT_TRUE(forecast_review(capped, {planned_run()}).caps.empty());
}

// ---- modes ----

Prospects priced(std::string_view plan, std::string_view one, std::string_view lower) {
  Prospects prospects;
  prospects.orchestrate.forecast.likely = dollars(plan);
  prospects.direct.forecast.likely = dollars(one);
  prospects.lower = Prospect();
  prospects.lower->forecast.likely = dollars(lower);
  prospects.lower_effort = "medium";
  return prospects;
}

TEST(ModesTest, ASmallChangeOfOneDomainGoesTheCheaperWay) {
  EXPECT_EQ(choose_way(change_of(2, 100), priced("0.31", "0.08", "0.06"), "auto", ""),
            (Choice{Way::kDirect, "",
                    "direct: one call at about $0.0800 is cheaper than plan and workers at about "
                    "$0.3100"}));
  EXPECT_EQ(choose_way(change_of(2, 100), priced("0.07", "0.08", "0.06"), "auto", "").way,
            Way::kOrchestrate);
}

TEST(ModesTest, LowerEffortIsForAFewLinesOfOneFile) {
  EXPECT_EQ(choose_way(change_of(1, 10), priced("0.31", "0.08", "0.06"), "auto", "").effort,
            "medium");
  EXPECT_EQ(choose_way(change_of(1, 21), priced("0.31", "0.08", "0.06"), "auto", "").effort, "");
  EXPECT_EQ(choose_way(change_of(1, 10), priced("0.31", "0.08", "0.06"), "auto", "max").effort,
            "max");
}

TEST(ModesTest, WhatIsLargeOrOfSeveralDomainsIsSplitWhateverItCosts) {
  EXPECT_THAT(too_much_for_one_call(change_of(1, 151)), HasSubstr("151 changed lines"));
  EXPECT_THAT(too_much_for_one_call(change_of(5, 10)), HasSubstr("5 files"));
  Change mixed = change_of(3, 3);
  mixed.files[1].path = "page.md";
  EXPECT_EQ(too_much_for_one_call(mixed), "");
  mixed.files[2].path = "tool.py";
  EXPECT_THAT(too_much_for_one_call(mixed), HasSubstr("3 kinds of file"));
  Prospects tight = priced("0.31", "0.08", "0.06");
  tight.direct_fits = false;
  EXPECT_EQ(choose_way(change_of(1, 10), tight, "auto", "").way, Way::kOrchestrate);
}

TEST(ModesTest, WhatIsAskedForIsDone) {
  EXPECT_EQ(choose_way(change_of(9, 900), priced("1", "2", "2"), "direct", "low").way,
            Way::kDirect);
  EXPECT_EQ(choose_way(change_of(1, 1), priced("1", "0.1", "0.1"), "orchestrate", "").way,
            Way::kOrchestrate);
}

// ---- history and scores ----

TEST(HistoryTest, IsTheFoldOfARunsEvents) {
  const auto at = [](int seconds) { return Instant::from_unix_ms(seconds * 1'000); };
  TaskSpec spec{.id = TaskId(0), .type = "direct_review", .tier = Tier::kDeep};
  RunCreated created{.at = at(0), .run = "r-1", .mode = "direct"};
  const std::vector<Event> events = {
      created,
      TaskAdded{at(0), spec},
      AttemptStarted{
          .at = at(1), .task = TaskId(0), .tier = Tier::kDeep, .model = "m", .effort = "high"},
      CallPrepared{.at = at(1), .task = TaskId(0), .input_estimate = Tokens(900)},
      CallReserved{.at = at(1), .call = CallId(1), .task = TaskId(0), .model = "m"},
      CallEnded{.at = at(4),
                .call = CallId(1),
                .charge = dollars("0.02"),
                .usage = {.input = Tokens(800), .output = Tokens(50)}},
      RunEnded{.at = at(5), .status = RunStatus::kPaused},
      RunResumed{at(1'000)},
      RunEnded{.at = at(1'002), .status = RunStatus::kComplete}};
  const PastRun run = past_run(events);
  EXPECT_EQ(run.active, Millis(7'000));  // the pause does not count
  EXPECT_EQ(run.status, RunStatus::kComplete);
  EXPECT_EQ(run.subject, Tokens(900));
  EXPECT_EQ(run.charged, dollars("0.02"));
  ASSERT_EQ(run.calls.size(), 1u);
  EXPECT_EQ(run.calls[0].usage.input, Tokens(800));
  EXPECT_EQ(run.calls[0].effort, "high");
}

PastRun scored(std::string_view likely, std::string_view actual) {
  PastRun run = planned_run();
  run.forecast = Forecast{.low = Money::pico(dollars(likely).picodollars() / 2),
                          .likely = dollars(likely),
                          .high = dollars(likely) * 2};
  run.charged = dollars(actual);
  return run;
}

TEST(ScoreTest, ARunIsInsideBelowOrAboveItsInterval) {
  EXPECT_EQ(score_text(*score_of(scored("0.40", "0.36"))),
            "the forecast was $0.4000 ($0.2000 to $0.8000); it cost $0.3600, 90 % of it: inside");
  EXPECT_TRUE(score_of(scored("0.40", "0.19"))->below());
  EXPECT_TRUE(score_of(scored("0.40", "0.81"))->above());
}

TEST(ScoreTest, RunsWithoutAnEndOrAForecastAreNotScored) {
  PastRun stopped = scored("1", "1");
  stopped.status = RunStatus::kPaused;
  const ForecastScores scores = score_forecasts(
      {scored("0.40", "0.36"), stopped, planned_run(), scored("1", "3"), scored("1", "1.10")});
  EXPECT_EQ(scores.runs.size(), 3u);
  EXPECT_EQ(scores.not_scored, 2);
  EXPECT_EQ(scores.inside, 2);
  EXPECT_EQ(scores.above, 1);
  EXPECT_EQ(scores.median_percent, 110);
  EXPECT_EQ(score_forecasts({}).median_percent, std::nullopt);
}

}  // namespace
}  // namespace baton
