// Caps, limits and the day's share: what may be promised at once, and what becomes of what can not.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/chance.h"
#include "core/story.h"

namespace baton {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMilli = 1'000'000'000;  // picodollars in a tenth of a cent

Money milli(std::int64_t count) {
  return Money::pico(count * kMilli);
}

// The worst case of a test's call: 1,000 tokens in at $2 and 1,000 out at $5 per million. Its bill,
// with 100 tokens out, is 1.5.
const Money kWorst = milli(7);

RunCreated with(Caps caps, std::optional<Money> budget = std::nullopt) {
  RunCreated created = Story::asked(budget);
  created.caps = std::move(caps);
  return created;
}

RunCreated within(Limits limits) {
  RunCreated created = Story::asked();
  created.limits = limits;
  return created;
}

// A worker whose call is in flight, or what came of it.
std::vector<Event> begin(Story& story, int id) {
  story.add(worker(id));
  return story.prepared(TaskId(id));
}

// ---- caps ----

TEST(CapsTest, ACallIsLoweredToItsOwnCapWhateverIsInFlight) {
  Story story(with({.call = milli(5)}, Money::dollars(1)));
  begin(story, 0);
  const auto reserved = only<CallReserved>(begin(story, 1));
  ASSERT_EQ(reserved.size(), 1U);
  EXPECT_EQ(reserved[0].max_output, Tokens(600));  // 2 for the input, 3 for the output
  EXPECT_EQ(reserved[0].hold, milli(5));
}

TEST(CapsTest, ACallOfWhichItsCapLeavesNothingUsefulIsNotMade) {
  Story story(with({.call = milli(3)}));
  const auto skipped = only<TaskSkipped>(begin(story, 0));
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].reason, SkipReason::kBudget);
  EXPECT_EQ(skipped[0].message,
            "one call can cost up to $0.0070, and $0.0030 of the cap of a call are left");
}

TEST(CapsTest, TheCapOfATaskHoldsOverItsAttempts) {
  Story story(with({.task = milli(8)}));
  begin(story, 0);
  story.settled(CallId(1), Verdict::kInvalid, Tokens(1000));  // 6, and 2 are left
  const auto skipped = only<TaskSkipped>(story.prepared(TaskId(0)));
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_THAT(skipped[0].message, HasSubstr("$0.0020 of the cap of a task"));
}

TEST(CapsTest, TheCapOfAnAttemptHoldsOverItsTurnsAndBeginsAnewWithTheNext) {
  Story story(with({.attempt = milli(8)}));
  begin(story, 0);
  story.settled(CallId(1), Verdict::kInvalid, Tokens(1000));  // 6 for the first attempt
  EXPECT_EQ(only<CallReserved>(story.prepared(TaskId(0))).at(0).hold, kWorst);
  CallSettled outcome;
  outcome.usage = {.input = Tokens(1000), .output = Tokens(1000)};
  CallEnded goes_on =
      booked_end(story.run, CallId(2), outcome, Verdict::kContinue, "a", prices(), story.now);
  goes_on.reply = "r";
  story.tell(goes_on);
  EXPECT_THAT(only<TaskSkipped>(story.prepared(TaskId(0))).at(0).message,
              HasSubstr("$0.0020 of the cap of an attempt"));
}

TEST(CapsTest, WorkersOfOneTypeShareTheirCapAndWaitForEachOther) {
  Story story(with({.worker = {{"naming_convention_check", milli(10)}}}, Money::dollars(1)));
  begin(story, 0);
  EXPECT_TRUE(begin(story, 1).empty());
  EXPECT_EQ(only<CallReserved>(story.settled(CallId(1))).at(0).task, TaskId(1));
}

TEST(CapsTest, TheCapOfOneTypeIsNotAnothers) {
  Story story(with({.worker = {{"naming_convention_check", milli(10)}}}));
  begin(story, 0);
  TaskSpec other = worker(1);
  other.type = "code_review";
  story.add(other);
  EXPECT_EQ(only<CallReserved>(story.prepared(TaskId(1))).size(), 1U);
}

TEST(CapsTest, AJournalThatPromisesMoreThanAWorkersCapIsNotFolded) {
  Story story(with({.worker = {{"naming_convention_check", milli(10)}}}));
  begin(story, 0);
  begin(story, 1);
  const CallReserved beyond{kNoon,        CallId(2), TaskId(1),   "small",
                            Tokens(1000), kWorst,    "2026-01-01"};
  EXPECT_EQ(contradiction(story.run, beyond), "call c2 holds more than the budget has left");
}

TEST(CapsTest, ABillAboveItsHoldFreezesTheRunAndSaysSo) {
  Story story = planned(Money::dollars(1));
  CallSettled outcome;
  outcome.usage.input = Tokens(100'000);
  const auto events = story.tell(
      booked_end(story.run, CallId(1), outcome, Verdict::kAccepted, "a", prices(), kNoon));
  EXPECT_EQ(only<RunHalted>(events).at(0).kind, FailureKind::kOverbilled);
  EXPECT_EQ(only<RunEnded>(events).at(0).status, RunStatus::kPaused);
  EXPECT_EQ(only<RunEnded>(events).at(0).reason,
            "c1 of large was billed $0.5000, and $0.0350 had been set aside");
  EXPECT_EQ(story.run.budget.charged(), Money::cents(50));  // a bill is a fact
}

// What a cut answer told of its input is a fact, too.
TEST(CapsTest, AnUnknownBillAboveItsHoldFreezesTheRunAsWell) {
  Story story = planned(Money::dollars(1));
  CallUnknown outcome;
  outcome.seen = Usage{.input = Tokens(100'000)};
  const auto events =
      story.tell(booked_end(story.run, CallId(1), outcome, Verdict::kNone, {}, prices(), kNoon));
  EXPECT_EQ(only<RunHalted>(events).size(), 1U);
  EXPECT_EQ(story.run.status, RunStatus::kPaused);
}

// ---- limits ----

TEST(LimitsTest, NoTurnIsTakenBeyondTheLimitAndTheNextTierTries) {
  Story story(within({.turns = 1}));
  begin(story, 0);
  CallEnded goes_on =
      booked_end(story.run, CallId(1), CallSettled{}, Verdict::kContinue, "a", prices(), story.now);
  goes_on.reply = "r";
  const auto events = story.tell(goes_on);
  EXPECT_TRUE(only<TurnStarted>(events).empty());
  EXPECT_EQ(only<Escalated>(events).at(0).reason, "not done after 1 turns (--max-turns)");
}

TEST(LimitsTest, ACallThatCouldPassTheLimitOfTokensWaitsForThoseInFlightThenIsSkipped) {
  Story story(within({.tokens = Tokens(3000)}));
  EXPECT_EQ(only<CallReserved>(begin(story, 0)).size(), 1U);  // up to 2,000 tokens
  story.add(worker(1));
  EXPECT_TRUE(story.prepared(TaskId(1)).empty());
  const auto events = story.settled(CallId(1), Verdict::kAccepted, Tokens(900));  // 1,900 used
  EXPECT_EQ(only<TaskSkipped>(events).at(0).reason, SkipReason::kLimit);
}

TEST(LimitsTest, TokensThatWereNotUsedAreThereForTheNextCall) {
  Story story(within({.tokens = Tokens(3100)}));
  begin(story, 0);
  begin(story, 1);
  const auto events = story.settled(CallId(1), Verdict::kAccepted, Tokens(100));  // 1,100 used
  EXPECT_EQ(only<CallReserved>(events).at(0).task, TaskId(1));
}

TEST(LimitsTest, WhenTheTimeIsOverNoWorkerStartsAndTheSummingUpGoesOn) {
  RunCreated created = within({.wall = Millis::seconds(60)});
  Story story(created);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  TaskSpec report = spec(1, Role::kOrchestrator, Tier::kDeep);
  report.last = true;
  story.add(report);
  story.prepared(kPlan);
  begin(story, 2);
  story.now = story.now + Millis::seconds(60);
  const auto late = story.add(worker(3));
  EXPECT_EQ(only<TaskSkipped>(late).at(0).reason, SkipReason::kLimit);
  EXPECT_TRUE(only<AttemptStarted>(late).empty());
  story.settled(CallId(1));
  EXPECT_EQ(only<AttemptStarted>(story.settled(CallId(2))).at(0).task, kReport);
}

TEST(LimitsTest, TheEndOfTheTimeIsATimeToWakeUpAt) {
  Story story(within({.wall = Millis::seconds(60)}));
  begin(story, 0);
  EXPECT_EQ(next_wake(story.run, story.rules, kNoon), kNoon + Millis::seconds(60));
  story.wait(Millis::seconds(60));
  EXPECT_EQ(next_wake(story.run, story.rules, story.now), std::nullopt);
}

TEST(WakeTest, WhatWaitsForAFreeHandWakesNobody) {
  Story story(std::nullopt, /*parallel=*/1);
  begin(story, 0);
  story.add(worker(1));
  story.failed(CallId(1), FailureKind::kUnavailable);  // the other takes its hand
  const auto due = next_wake(story.run, story.rules, story.now);
  ASSERT_TRUE(due);
  story.wait(*due - story.now);
  EXPECT_EQ(next_wake(story.run, story.rules, story.now), std::nullopt);
}

TEST(WakeTest, WhatBecameDueSinceTheLastFactIsSeenToAtOnce) {
  Story story;
  begin(story, 0);
  story.failed(CallId(1), FailureKind::kUnavailable);
  const Instant later = story.now + Millis::seconds(60);
  EXPECT_EQ(next_wake(story.run, story.rules, later), later);
}

// ---- the day's share ----

Story with_day_cap() {
  Story story(with({.day = Money::dollars(1)}, Money::dollars(1)));
  story.rules.allotment_calls = 2;
  return story;
}

TEST(DayShareTest, NothingIsReservedBeforeTheStoreHasSetItAside) {
  Story story = with_day_cap();
  EXPECT_EQ(begin(story, 0), (std::vector<Event>{AllotmentAsked{kNoon, "2026-11-20", kWorst * 2}}));
  EXPECT_TRUE(begin(story, 1).empty());  // asked for once
  const auto events = story.tell(DayAllotted{kNoon, "2026-11-20", kWorst * 2});
  EXPECT_EQ(only<CallReserved>(events).size(), 2U);
}

TEST(DayShareTest, LessThanAskedForIsAllThereIsAndIsWaitedFor) {
  Story story = with_day_cap();
  begin(story, 0);
  begin(story, 1);
  EXPECT_EQ(only<CallReserved>(story.tell(DayAllotted{kNoon, "2026-11-20", milli(10)})).size(), 1U);
  const auto events = story.settled(CallId(1));  // 8.5 are left
  EXPECT_TRUE(only<AllotmentAsked>(events).empty());
  EXPECT_EQ(only<CallReserved>(events).at(0).task, TaskId(1));
}

TEST(DayShareTest, WithNothingLeftOfTheDayTheTaskIsLeftUndone) {
  Story story = with_day_cap();
  begin(story, 0);
  const auto skipped = only<TaskSkipped>(story.tell(DayAllotted{kNoon, "2026-11-20", Money()}));
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].reason, SkipReason::kBudget);
  EXPECT_EQ(skipped[0].message,
            "one call can cost up to $0.0070, and $0.00 of the day's cap are left");
}

TEST(DayShareTest, ACallThatAnotherCapHasLoweredNeedsItsShareToo) {
  Story story(with({.call = milli(5), .day = Money::dollars(1)}));
  EXPECT_TRUE(only<CallReserved>(begin(story, 0)).empty());
  EXPECT_EQ(only<CallReserved>(story.tell(DayAllotted{kNoon, "2026-11-20", milli(5)})).at(0).hold,
            milli(5));
}

TEST(DayShareTest, ANewDayHasAShareOfItsOwn) {
  Story story = with_day_cap();
  begin(story, 0);
  story.tell(DayAllotted{kNoon, "2026-11-20", kWorst});
  story.now = story.now + Millis::seconds(12 * 3600);
  EXPECT_EQ(only<AllotmentAsked>(begin(story, 1)).at(0).day, "2026-11-21");
  story.tell(DayAllotted{story.now, "2026-11-21", kWorst * 2});
  story.settled(CallId(1));  // of the day before
  EXPECT_EQ(story.run.day.used, kWorst);
}

TEST(DayShareTest, AClockSetBackStaysOnTheLaterDay) {
  Story story = with_day_cap();
  story.now = story.now + Millis::seconds(12 * 3600);
  begin(story, 0);
  story.tell(DayAllotted{story.now, "2026-11-21", kWorst * 2});
  story.now = kNoon;
  EXPECT_EQ(only<CallReserved>(begin(story, 1)).size(), 1U);
  EXPECT_EQ(story.run.day.used, kWorst * 2);
}

TEST(DayShareTest, TheEndGivesBackWhatWasNotUsed) {
  Story story = with_day_cap();
  begin(story, 0);
  story.tell(DayAllotted{kNoon, "2026-11-20", kWorst * 2});
  const auto ended = only<RunEnded>(story.settled(CallId(1)));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].day, "2026-11-20");
  EXPECT_EQ(ended[0].day_used, Money::pico(1'500'000'000));
}

TEST(DayShareTest, AResumedRunAsksAgainWhatOthersMayHaveGivenBack) {
  Story story = with_day_cap();
  begin(story, 0);
  begin(story, 1);
  story.tell(DayAllotted{kNoon, "2026-11-20", milli(8)});
  story.tell(StopRequested{kNoon});
  story.settled(CallId(1));
  ASSERT_EQ(story.run.status, RunStatus::kPaused);
  story.tell(RunResumed{kNoon});
  EXPECT_EQ(only<AllotmentAsked>(story.prepared(TaskId(1))).size(), 1U);
}

TEST(DayShareTest, NothingIsAllottedThatWasNotAskedFor) {
  Story story = with_day_cap();
  EXPECT_NE(contradiction(story.run, DayAllotted{kNoon, "2026-11-20", milli(1)}), std::nullopt);
  begin(story, 0);
  EXPECT_NE(contradiction(story.run, DayAllotted{kNoon, "2026-11-19", kWorst}), std::nullopt);
  EXPECT_NE(contradiction(story.run, DayAllotted{kNoon, "2026-11-20", kWorst * 3}), std::nullopt);
  EXPECT_EQ(contradiction(story.run, DayAllotted{kNoon, "2026-11-20", kWorst}), std::nullopt);
}

// ---- more money ----

// A plan, one worker that is done, one left undone for want of money, one that waits for both.
Story short_of_money() {
  Story story = planned(Money::cents(8));
  begin(story, 2);
  story.settled(CallId(2));
  story.add(worker(3));
  story.prepared(TaskId(3), Tokens(190'000));
  story.settled(CallId(1));
  return story;
}

TEST(BudgetRaisedTest, WhatWasLeftUndoneIsTriedAndTheSummingUpIsDoneAgainAfterIt) {
  Story story = short_of_money();
  story.prepared(kReport);
  ASSERT_EQ(only<RunEnded>(story.settled(CallId(3))).at(0).status, RunStatus::kBudgetExhausted);

  story.tell(BudgetRaised{kNoon, Money::dollars(1)});
  const auto started = only<AttemptStarted>(story.tell(RunResumed{kNoon}));
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].task, TaskId(3));
  story.prepared(TaskId(3), Tokens(190'000));
  EXPECT_EQ(only<AttemptStarted>(story.settled(CallId(4))).at(0).task, kReport);
  story.prepared(kReport);
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(5))).at(0).status, RunStatus::kComplete);
}

TEST(BudgetRaisedTest, ASummingUpThatHadBegunWaitsForWhatIsReopened) {
  Story story = short_of_money();  // the report's prompt is being prepared
  story.tell(StopRequested{kNoon});
  ASSERT_EQ(story.run.status, RunStatus::kPaused);
  story.tell(BudgetRaised{kNoon, Money::dollars(1)});
  const auto started = only<AttemptStarted>(story.tell(RunResumed{kNoon}));
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].task, TaskId(3));
}

TEST(BudgetRaisedTest, DependentsThatHaveNotBegunWaitAgain) {
  Story story = planned(Money::cents(8), /*parallel=*/1);
  story.add(worker(2));
  TaskSpec after = worker(3);
  after.after = {TaskId(2)};
  story.add(after);
  story.prepared(TaskId(2), Tokens(190'000));  // waits for the plan's money …
  story.tell(StopRequested{kNoon});
  story.settled(CallId(1));
  story.tell(RunResumed{kNoon});
  story.prepared(TaskId(2), Tokens(190'000));  // … and is left undone: the next one starts
  story.tell(StopRequested{kNoon});
  ASSERT_EQ(story.run.status, RunStatus::kPaused);
  ASSERT_EQ(story.run.task(TaskId(3)).status, TaskStatus::kPreparing);

  story.tell(RunResumed{kNoon});
  ASSERT_EQ(story.run.task(TaskId(2)).skipped, SkipReason::kBudget);
  story.tell(StopRequested{kNoon});
  story.tell(BudgetRaised{kNoon, Money::dollars(1)});
  // What had begun goes on, and the other one is in line again.
  EXPECT_EQ(only<AttemptStarted>(story.tell(RunResumed{kNoon})).at(0).task, TaskId(2));
}

TEST(BudgetRaisedTest, ANewCapWithNothingLeftUndoneChangesNothingElse) {
  Story story = planned(Money::cents(8));
  story.tell(StopRequested{kNoon});
  story.settled(CallId(1));
  EXPECT_TRUE(story.tell(BudgetRaised{kNoon, std::nullopt}).empty());
  EXPECT_EQ(story.run.budget.cap(), std::nullopt);
  EXPECT_TRUE(story.run.task(kPlan).ended());
}

// ---- what a cap is used for ----

// A fleet of 64 with more to do than the budget pays for: inputs of 2,000 to 12,000 tokens, whose
// bound is four times that, half of each read from the cache; outputs of 5 % to 50 % of the most.
Story fleet_of_64(std::uint64_t seed, Money budget) {
  Story story(budget, 64);
  std::uint64_t drawn = 0;
  const auto draw = [&](std::uint64_t below) {
    return static_cast<std::int64_t>(mix(seed, ++drawn) % below);
  };
  std::vector<std::int64_t> inputs;
  for (int i = 0; i < 800; ++i) {
    TaskSpec task = worker(i);
    task.max_output = Tokens(4000);
    inputs.push_back(2000 + draw(10'000));
    story.add(task);
  }
  std::set<CallId> seen;
  std::multimap<Instant, CallId> ends;
  const auto input_of = [&](TaskId id) { return inputs[static_cast<std::size_t>(id.number())]; };
  const auto prepare_all = [&] {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const TaskId id(static_cast<int>(i));
      if (story.run.task(id).status != TaskStatus::kPreparing) continue;
      story.tell(
          CallPrepared{story.now, id, "key", Tokens(4 * inputs[i]), true, Tokens(inputs[i])});
    }
    for (const auto& [id, call] : story.run.open_calls) {
      if (seen.insert(id).second) ends.emplace(story.now + Millis(5'000 + draw(40'000)), id);
    }
  };
  for (prepare_all(); !ends.empty(); prepare_all()) {
    const auto [at, id] = *ends.begin();
    ends.erase(ends.begin());
    story.now = at;
    const std::int64_t input = input_of(story.run.open_calls.at(id).task);
    CallSettled outcome;
    outcome.usage = {.input = Tokens(input - input / 2),
                     .cache_read = Tokens(input / 2),
                     .output = Tokens(200 + draw(1'800))};
    outcome.usage.output = std::min(outcome.usage.output, story.run.open_calls.at(id).max_output);
    story.tell(booked_end(story.run, id, outcome, Verdict::kAccepted, "a", prices(), story.now));
  }
  return story;
}

TEST(CapsTest, AtSixtyFourWorkersAtLeastNinetyFivePercentOfTheBudgetIsSpentAndNeverMore) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Money budget = Money::dollars(1);
    const Story story = fleet_of_64(seed, budget);
    EXPECT_LE(story.run.budget.charged(), budget) << "seed " << seed;
    EXPECT_GE(story.run.budget.charged() * 100, budget * 95) << "seed " << seed;
    EXPECT_GT(story.run.skipped, 0) << "there was more to do; seed " << seed;
  }
}

}  // namespace
}  // namespace baton
