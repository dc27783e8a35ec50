#include "core/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/story.h"

namespace baton {
namespace {

TEST(StepTest, ATaskStartsThePromptIsPricedTheWorstCaseIsReserved) {
  Story story(Money::dollars(1));
  EXPECT_EQ(story.add(worker(0)), (std::vector<Event>{AttemptStarted{
                                      kNoon, TaskId(0), 1, Tier::kFast, "small", Tokens(1000)}}));
  // 1,000 tokens at the dearest input class ($2) and 1,000 of output at $5 per million.
  EXPECT_EQ(story.prepared(TaskId(0)),
            (std::vector<Event>{CallReserved{kNoon, CallId(1), TaskId(0), "small", Tokens(1000),
                                             Money::pico(7'000'000'000), "2026-01-01"}}));
  EXPECT_EQ(story.run.budget.held(), Money::pico(7'000'000'000));
}

TEST(StepTest, AWorkerOfAStreamingPlanStartsBeforeThePlanHasEnded) {
  Story story = planned();
  EXPECT_EQ(only<AttemptStarted>(story.add(worker(2))).size(), 1U);
  EXPECT_FALSE(story.run.plan_closed);
}

TEST(StepTest, TheReportStartsOnceThePlanIsClosedAndEveryWorkerHasEnded) {
  Story story = planned();
  story.add(worker(2));
  story.prepared(TaskId(2));
  EXPECT_EQ(only<AttemptStarted>(story.settled(CallId(2))).size(), 0U);  // the plan may still grow
  const auto events = story.settled(CallId(1));
  EXPECT_EQ(only<PlanClosed>(events).size(), 1U);
  ASSERT_EQ(only<AttemptStarted>(events).size(), 1U);
  EXPECT_EQ(only<AttemptStarted>(events)[0].task, kReport);
  story.prepared(kReport);
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(3))),
            (std::vector<RunEnded>{{kNoon, RunStatus::kComplete, ""}}));
}

TEST(StepTest, ATaskWaitsForThoseItDependsOnEvenIfTheyFail) {
  Story story = planned();
  story.add(worker(2));
  TaskSpec second = worker(3);
  second.after = {TaskId(2)};
  EXPECT_TRUE(story.add(second).empty());
  story.rules.models = {"small", "small", "small"};
  story.prepared(TaskId(2));
  const auto events = story.failed(CallId(2), FailureKind::kRejected);
  EXPECT_EQ(only<TaskSkipped>(events).size(), 1U);
  EXPECT_EQ(only<AttemptStarted>(events).at(0).task, TaskId(3));
}

TEST(StepTest, NoMoreWorkersRunThanThereAreHands) {
  Story story = planned(std::nullopt, /*parallel=*/2);
  EXPECT_EQ(only<AttemptStarted>(story.add(worker(2))).size(), 1U);
  EXPECT_EQ(only<AttemptStarted>(story.add(worker(3))).size(), 1U);
  EXPECT_TRUE(story.add(worker(4)).empty());
  story.prepared(TaskId(2));
  EXPECT_EQ(only<AttemptStarted>(story.settled(CallId(2))).at(0).task, TaskId(4));
}

TEST(StepTest, AThrottledCallIsTriedAgainOnTheSameTierNotBeforeTheProviderAsked) {
  Story story;
  story.add(worker(0));
  story.prepared(TaskId(0));
  CallNotBilled throttled{FailureKind::kThrottled, "429", 429, Millis::seconds(3), "req_1"};
  const auto events =
      story.tell(booked_end(story.run, CallId(1), throttled, Verdict::kNone, {}, prices(), kNoon));
  const RetryScheduled retry = only<RetryScheduled>(events).at(0);
  EXPECT_GE(retry.not_before, kNoon + Millis::seconds(3));
  EXPECT_LT(retry.not_before, kNoon + Millis::seconds(4));
  EXPECT_TRUE(story.wait(Millis::seconds(2)).empty());
  EXPECT_EQ(only<AttemptStarted>(story.wait(Millis::seconds(2))).at(0).attempt, 2);
  EXPECT_EQ(story.run.budget.charged(), Money());
}

TEST(StepTest, AnAnswerThatIsInvalidTwiceMovesTheTaskUpATier) {
  Story story;
  story.add(worker(0));
  story.prepared(TaskId(0));
  story.settled(CallId(1), Verdict::kInvalid);
  story.wait(Millis(0));
  story.prepared(TaskId(0));
  const auto events = story.settled(CallId(2), Verdict::kInvalid);
  EXPECT_EQ(only<Escalated>(events).at(0).to, Tier::kBalanced);
  EXPECT_EQ(only<AttemptStarted>(events).at(0).model, "large");
  EXPECT_GT(story.run.budget.charged(), Money());  // what was answered was paid for
}

TEST(StepTest, ATierOfTheSameModelIsPassedOver) {
  Story story;
  story.rules.models = {"large", "large", "large"};
  story.add(worker(0));
  story.prepared(TaskId(0));
  EXPECT_EQ(only<TaskSkipped>(story.failed(CallId(1), FailureKind::kRejected)).at(0).reason,
            SkipReason::kFailed);
}

TEST(StepTest, ATruncatedAnswerIsAskedForAgainWithTwiceTheOutput) {
  Story story;
  story.add(worker(0));
  story.prepared(TaskId(0));
  const auto events = story.settled(CallId(1), Verdict::kTruncated);
  EXPECT_EQ(only<AttemptStarted>(events).at(0).max_output, Tokens(2000));
}

TEST(StepTest, AContextTooLargeForTheWindowGoesToATierWhereItFits) {
  Story story;
  story.add(worker(0));
  const auto events = story.prepared(TaskId(0), Tokens(250'000));
  EXPECT_EQ(only<Escalated>(events).at(0).to, Tier::kBalanced);
  EXPECT_EQ(only<AttemptStarted>(events).at(0).model, "large");
}

TEST(StepTest, WhatHasNoPriceIsNotCalled) {
  Story story;
  story.rules.models = {"unpriced", "large", "large"};
  story.add(worker(0));
  const auto events = story.prepared(TaskId(0));
  EXPECT_EQ(only<CallReserved>(events).size(), 0U);
  EXPECT_EQ(only<AttemptStarted>(events).at(0).model, "large");  // the next tier may have one
}

TEST(StepTest, WhatHasNoPriceOnAnyTierIsSkipped) {
  Story story;
  story.rules.models = {"unpriced", "unpriced", "unpriced"};
  story.add(worker(0));
  EXPECT_EQ(only<TaskSkipped>(story.prepared(TaskId(0))).at(0).reason, SkipReason::kNoPrice);
}

TEST(StepTest, AHostThatCanNotBeReachedPausesTheRunForEveryTier) {
  Story story;
  story.add(worker(0));
  for (int attempt = 1; attempt < 5; ++attempt) {
    story.prepared(TaskId(0));
    story.failed(CallId(attempt), FailureKind::kUnreachable);
    story.wait(Millis::seconds(10));
  }
  story.prepared(TaskId(0));
  const auto events = story.failed(CallId(5), FailureKind::kUnreachable);
  EXPECT_EQ(only<RunHalted>(events).at(0).kind, FailureKind::kUnreachable);
  EXPECT_EQ(only<RunEnded>(events).at(0).status, RunStatus::kPaused);
}

TEST(StepTest, AWaitThatNobodySitsThroughPausesTheRun) {
  Story story;
  story.add(worker(0));
  story.prepared(TaskId(0));
  const CallNotBilled tomorrow{FailureKind::kThrottled, "429", 429, Millis::seconds(86'400),
                               "req_1"};
  const auto events =
      story.tell(booked_end(story.run, CallId(1), tomorrow, Verdict::kNone, {}, prices(), kNoon));
  EXPECT_EQ(only<RunEnded>(events).at(0).status, RunStatus::kPaused);
}

TEST(StepTest, AStopThatComesAfterAllIsDoneChangesNothing) {
  Story story = planned();
  story.settled(CallId(1));
  story.prepared(kReport);
  story.tell(StopRequested{kNoon});
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(2))).at(0).status, RunStatus::kComplete);
}

TEST(StepTest, ARunWithNothingToDoIsComplete) {
  Story story;
  EXPECT_EQ(only<RunEnded>(story.tell(PlanClosed{kNoon})),
            (std::vector<RunEnded>{{kNoon, RunStatus::kComplete, ""}}));
}

TEST(StepTest, ALocalTaskThatNoCheckerCouldDoIsMissing) {
  Story story;
  TaskSpec local = worker(0);
  local.tier = Tier::kLocal;
  local.checkers_first = true;
  story.add(local);
  const auto events =
      story.tell(CheckersEnded{kNoon, TaskId(0), "", "pylint is not installed", false});
  EXPECT_EQ(only<TaskSkipped>(events).at(0).message, "pylint is not installed");
}

TEST(StepTest, AHoldThatDoesNotFitWaitsForHoldsInFlight) {
  Story story(Money::pico(10'000'000'000));  // one call's worst case is 7
  story.add(worker(0));
  story.add(worker(1));
  EXPECT_EQ(only<CallReserved>(story.prepared(TaskId(0))).size(), 1U);
  EXPECT_TRUE(story.prepared(TaskId(1)).empty());
  // The first one's bill is 1.5: now the second fits.
  EXPECT_EQ(only<CallReserved>(story.settled(CallId(1))).at(0).task, TaskId(1));
}

TEST(StepTest, OutputIsLoweredToWhatFitsIfItIsStillOfUse) {
  Story story(Money::pico(5'000'000'000));
  story.add(worker(0));
  const auto reserved = only<CallReserved>(story.prepared(TaskId(0)));
  ASSERT_EQ(reserved.size(), 1U);
  EXPECT_EQ(reserved[0].max_output, Tokens(600));  // 2 for the input, 3 for 600 tokens of output
  EXPECT_EQ(reserved[0].hold, Money::pico(5'000'000'000));
}

TEST(StepTest, ACallThatCanNotFitIsRefusedOnceNothingIsInFlight) {
  Story story = planned(Money::cents(4));
  story.add(worker(2));
  EXPECT_TRUE(only<TaskSkipped>(story.prepared(TaskId(2), Tokens(90'000)))
                  .empty());  // the plan is in flight
  const auto events = story.settled(CallId(1));
  EXPECT_EQ(only<TaskSkipped>(events).at(0).reason, SkipReason::kBudget);
}

TEST(StepTest, AnUnknownOutcomeIsBookedAtItsWorstCaseAndTriedAgain) {
  Story story(Money::dollars(1));
  story.add(worker(0));
  story.prepared(TaskId(0));
  const auto events = story.cut(CallId(1));
  EXPECT_EQ(story.run.budget.charged(), Money::pico(7'000'000'000));
  EXPECT_EQ(story.run.unknown, Money::pico(7'000'000'000));
  EXPECT_EQ(only<RetryScheduled>(events).size(), 1U);
}

TEST(StepTest, OfACutAnswerTheInputSideIsAFact) {
  Story story;
  story.add(worker(0));
  story.prepared(TaskId(0));
  CallUnknown unknown;
  unknown.seen = Usage{.input = Tokens(1000)};
  story.tell(booked_end(story.run, CallId(1), unknown, Verdict::kNone, {}, prices(), kNoon));
  EXPECT_EQ(story.run.budget.charged(),
            Money::pico(6'000'000'000));  // 1,000 in at $1, 1,000 out at $5
}

TEST(StepTest, ARefusedKeyStopsEverythingAndLeavesTheRunResumable) {
  Story story = planned();
  story.add(worker(2));
  story.prepared(TaskId(2));
  EXPECT_TRUE(
      only<RunEnded>(story.failed(CallId(1), FailureKind::kDenied)).empty());  // one is in flight
  const auto events = story.settled(CallId(2));
  EXPECT_EQ(only<RunEnded>(events),
            (std::vector<RunEnded>{{kNoon, RunStatus::kPaused, "it failed"}}));
  EXPECT_EQ(only<AttemptStarted>(story.tell(RunResumed{kNoon})).at(0).task, kPlan);
}

TEST(StepTest, AStopLetsWhatIsInFlightEndAndStartsNothing) {
  Story story = planned();
  story.add(worker(2));
  EXPECT_TRUE(story.tell(StopRequested{kNoon}).empty());
  EXPECT_TRUE(story.prepared(TaskId(2)).empty());
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(1))).at(0).status, RunStatus::kPaused);
}

TEST(StepTest, ANewProcessBooksWhatItsPredecessorHadInFlightAndBeginsItAgain) {
  Story story = planned(Money::dollars(1));
  story.add(worker(2));
  story.prepared(TaskId(2));
  story.run = *replay(story.journal);
  const auto events = story.tell(RunResumed{kNoon + Millis(5)});
  EXPECT_EQ(only<CallEnded>(events).size(), 2U);
  EXPECT_EQ(story.run.unknown, story.run.budget.charged());
  EXPECT_EQ(story.run.budget.held(), Money());
  EXPECT_EQ(only<AttemptStarted>(events).size(), 2U);
}

TEST(StepTest, CheckersThatCoverATaskDoItAtNoCost) {
  Story story = planned();
  TaskSpec covered = worker(2);
  covered.checkers_first = true;
  EXPECT_EQ(only<CheckersStarted>(story.add(covered)).size(), 1U);
  const auto events = story.tell(CheckersEnded{kNoon, TaskId(2), "findings", "", true});
  EXPECT_EQ(only<TaskFinished>(events).size(), 1U);
  EXPECT_EQ(story.run.task(TaskId(2)).tier, Tier::kLocal);
}

TEST(StepTest, CheckersThatFailLeaveTheTaskToAModel) {
  Story story = planned();
  TaskSpec covered = worker(2);
  covered.checkers_first = true;
  story.add(covered);
  const auto events =
      story.tell(CheckersEnded{kNoon, TaskId(2), "findings", "pylint is not installed", false});
  EXPECT_EQ(only<AttemptStarted>(events).size(), 1U);
}

TEST(StepTest, ARunWithoutAPlanEndsAsFailed) {
  Story story = planned();
  const auto events = story.failed(CallId(1), FailureKind::kRejected);
  EXPECT_EQ(only<TaskSkipped>(events).at(0).task, kPlan);
  story.prepared(kReport);
  EXPECT_EQ(
      only<RunEnded>(story.settled(CallId(2))),
      (std::vector<RunEnded>{{kNoon, RunStatus::kFailed, "t0 task_decomposition: it failed"}}));
}

TEST(StepTest, ARunWithATaskMissingEndsAsPartial) {
  Story story = planned();
  story.rules.models = {"small", "small", "small"};
  story.add(worker(2));
  story.add(worker(3));
  story.prepared(TaskId(2));
  story.prepared(TaskId(3));
  story.failed(CallId(2), FailureKind::kRejected);
  story.settled(CallId(3));
  story.settled(CallId(1));
  story.prepared(kReport);
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(4))),
            (std::vector<RunEnded>{
                {kNoon, RunStatus::kPartial, "t2 naming_convention_check: it failed"}}));
}

TEST(StepTest, ARunWithATaskMissingForWantOfBudgetSaysSoWhateverElseFailed) {
  Story story = planned(Money::cents(8));
  story.rules.models = {"small", "small", "large"};
  story.add(worker(2));
  story.prepared(TaskId(2));
  story.failed(CallId(2), FailureKind::kRejected);  // on to "large" …
  story.prepared(TaskId(2));
  story.failed(CallId(3), FailureKind::kRejected);  // … and out
  story.add(worker(3));
  story.prepared(TaskId(3), Tokens(190'000));
  story.settled(CallId(1));
  story.prepared(kReport);
  const auto events = story.settled(CallId(4));
  ASSERT_EQ(only<RunEnded>(events).size(), 1U);
  EXPECT_EQ(only<RunEnded>(events)[0].status, RunStatus::kBudgetExhausted);
  // 190,000 tokens at the dearest input class ($2) and 1,000 of output at $5; the plan's call cost
  // $0.0075 of the $0.08.
  EXPECT_EQ(only<RunEnded>(events)[0].reason,
            "t3 naming_convention_check: one call can cost up to $0.3850, and $0.0725 of the "
            "budget are left");
}

TEST(ReplayTest, AJournalThatContradictsItselfIsNotFolded) {
  Story story = planned();
  std::vector<Event> journal = story.journal;
  journal.push_back(CallEnded{.at = kNoon, .call = CallId(9)});
  const auto run = replay(journal);
  ASSERT_FALSE(run.ok());
  EXPECT_THAT(run.error().message, testing::HasSubstr("call c9 ends without being open"));
}

}  // namespace
}  // namespace baton
