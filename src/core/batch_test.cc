// Work that is not urgent goes to the provider as batches, at their price.
#include <gtest/gtest.h>

#include "core/story.h"

namespace baton {
namespace {

TaskSpec later(int id) {
  TaskSpec s = worker(id);
  s.batch = true;
  return s;
}

// A plan whose call is in flight and has named `count` tasks that are not urgent, prepared: t2 …
Story planned_for_batch(int count, std::optional<Money> budget = std::nullopt) {
  Story story = planned(budget, /*parallel=*/1);
  for (int id = 2; id < 2 + count; ++id) {
    story.add(later(id));
    story.prepared(TaskId(id));
  }
  return story;
}

// The same, with the plan closed and the batch taken by the provider.
Story batched(int count) {
  Story story = planned_for_batch(count);
  story.settled(CallId(1));
  story.tell(BatchAccepted{story.now, BatchId(1), "msgbatch_1"});
  return story;
}

TEST(BatchTest, CallsOfABatchNeedNoHandAndHoldTheBatchPrice) {
  Story story = planned_for_batch(3);
  ASSERT_EQ(story.run.open_calls.size(), 4U);
  EXPECT_EQ(story.run.open_calls.at(CallId(2)).hold, Money::pico(3'500'000'000));  // half of 7
  EXPECT_EQ(story.run.workers_running, 0);
}

TEST(BatchTest, ABatchIsFormedOnceEverythingThatCanJoinHasJoined) {
  Story story = planned_for_batch(2);
  story.add(later(4));  // its prompt is being prepared
  EXPECT_TRUE(only<BatchFormed>(story.settled(CallId(1))).empty());
  EXPECT_EQ(only<BatchFormed>(story.prepared(TaskId(4))),
            (std::vector<BatchFormed>{{story.now, BatchId(1), {CallId(2), CallId(3), CallId(4)}}}));
}

TEST(BatchTest, NoneIsFormedWhileThePlanMayStillGrow) {
  Story story = planned_for_batch(2);
  EXPECT_EQ(story.run.unbatched.size(), 2U);
  EXPECT_TRUE(story.wait(Millis::seconds(600)).empty());
}

TEST(BatchTest, WhatIsFullDoesNotWait) {
  Story story = planned(std::nullopt);
  story.rules.most_batched = 2;
  for (int id = 2; id <= 4; ++id) {
    story.add(later(id));
    story.prepared(TaskId(id));
  }
  EXPECT_EQ(story.run.batches.size(), 1U);
  EXPECT_EQ(story.run.unbatched.size(), 1U);
}

// A plan that has to be asked for again, and can not be paid while the batch it named holds the
// rest.
TEST(BatchTest, WhatIsLongerTogetherThanTheProviderTakesGoesInParts) {
  Story story = planned(std::nullopt);
  for (int id = 2; id <= 4; ++id) {
    story.add(later(id));
    story.tell(CallPrepared{story.now, TaskId(id), "key", Tokens(110'000'000), true, Tokens(1000)});
  }
  EXPECT_EQ(only<BatchFormed>(story.settled(CallId(1))),
            (std::vector<BatchFormed>{{story.now, BatchId(1), {CallId(2), CallId(3)}},
                                      {story.now, BatchId(2), {CallId(4)}}}));
}

TEST(BatchTest, ABatchIsNotWaitedWithByThoseThatWaitForItsMoney) {
  Story story = planned_for_batch(1, Money::pico(39'000'000'000));  // the plan's worst case is 35
  const auto reserved = story.run.open_calls.size();
  ASSERT_EQ(reserved, 2U);
  story.cut(CallId(1));
  story.wait(Millis::seconds(60));
  EXPECT_EQ(only<BatchFormed>(story.prepared(kPlan)).size(), 1U);
}

// The plan stays open for what it may lead to, and would be waited for without end.
TEST(BatchTest, ATaskThatLeadsToOthersIsSentOnceNothingElseGoesOn) {
  Story story = planned();
  TaskSpec leading = later(2);
  leading.leads = true;
  story.add(leading);
  story.prepared(TaskId(2));
  EXPECT_EQ(only<BatchFormed>(story.settled(CallId(1))),
            (std::vector<BatchFormed>{{story.now, BatchId(1), {CallId(2)}}}));
  EXPECT_FALSE(story.run.plan_closed);
}

TEST(BatchTest, ItsItemsEndOneByOneInAnyOrderAtTheBatchPrice) {
  Story story = batched(3);
  EXPECT_EQ(only<TaskFinished>(story.settled(CallId(3))).at(0).task, TaskId(3));
  EXPECT_EQ(story.run.task(TaskId(3)).spent, Money::pico(750'000'000));  // half of 1.5
  story.settled(CallId(4));
  EXPECT_EQ(story.run.batches.size(), 1U);
  EXPECT_EQ(only<AttemptStarted>(story.settled(CallId(2))).at(0).task, kReport);
  EXPECT_TRUE(story.run.batches.empty());
}

TEST(BatchTest, AnItemThatExpiredCostsNothingAndGoesWithAnotherBatchOnce) {
  Story story = batched(1);
  const Money before = story.run.budget.charged();
  story.failed(CallId(2), FailureKind::kExpired);
  story.wait(Millis::seconds(60));
  EXPECT_EQ(story.run.budget.charged(), before);
  EXPECT_EQ(only<BatchFormed>(story.prepared(TaskId(2))).at(0).batch, BatchId(2));
  EXPECT_EQ(only<Escalated>(story.failed(CallId(3), FailureKind::kExpired)).size(), 1U);
}

TEST(BatchTest, LiveTasksGoOnBesideABatch) {
  Story story = planned_for_batch(2);
  story.add(worker(4));
  story.prepared(TaskId(4));
  story.settled(CallId(1));
  ASSERT_EQ(story.run.batches.size(), 1U);
  EXPECT_EQ(only<TaskFinished>(story.settled(CallId(4))).at(0).task, TaskId(4));
}

TEST(BatchTest, APauseDoesNotWaitForBatches) {
  Story story = batched(2);
  EXPECT_EQ(only<RunEnded>(story.tell(StopRequested{story.now})).at(0).status, RunStatus::kPaused);
  EXPECT_EQ(story.run.open_calls.size(), 2U);
}

TEST(BatchTest, AStopEndsWhatWaitsForABatchThatIsNotFormedUnsentAndUnbilled) {
  Story story = planned_for_batch(1);
  const auto ends = only<CallEnded>(story.tell(StopRequested{story.now}));
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].bill, BillState::kNotBilled);
  EXPECT_EQ(ends[0].message, "the run stopped before its batch was sent");
  EXPECT_EQ(only<RunEnded>(story.settled(CallId(1))).at(0).status, RunStatus::kPaused);
  EXPECT_EQ(story.run.budget.held(), Money());
  EXPECT_EQ(only<AttemptStarted>(story.tell(RunResumed{story.now})).at(0).task, TaskId(2));
}

TEST(BatchTest, WhenTheRunsTimeIsOverNoBatchIsFormedAnyMore) {
  RunCreated created = Story::asked();
  created.limits.wall = Millis::seconds(60);
  Story story(created);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  story.prepared(kPlan);
  story.add(later(1));
  story.prepared(TaskId(1));
  const auto events = story.wait(Millis::seconds(60));
  EXPECT_EQ(only<CallEnded>(events).at(0).bill, BillState::kNotBilled);
  EXPECT_EQ(only<TaskSkipped>(events).at(0).reason, SkipReason::kLimit);
}

TEST(BatchTest, ANewProcessKeepsWhatIsInABatchAndProvesTheRestUnsent) {
  Story story = batched(1);
  story.failed(CallId(2), FailureKind::kExpired);
  story.run = *replay(story.journal);
  ASSERT_EQ(story.run.batches.size(), 0U);
  story = planned_for_batch(1);
  story.run = *replay(story.journal);
  auto ends = only<CallEnded>(story.tell(RunResumed{story.now}));
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].bill, BillState::kUnknown);  // the plan's
  EXPECT_EQ(ends[1].bill, BillState::kNotBilled);

  story = batched(2);
  story.run = *replay(story.journal);
  EXPECT_TRUE(story.tell(RunResumed{story.now}).empty());
  EXPECT_EQ(story.run.batches.at(BatchId(1)).name, "msgbatch_1");
  EXPECT_EQ(only<TaskFinished>(story.settled(CallId(2))).size(), 1U);
}

TEST(BatchTest, WhatTheProviderSaysOfABatchMustBeOfOneThatIsOpen) {
  Story story = batched(1);
  EXPECT_EQ(contradiction(story.run, BatchAccepted{story.now, BatchId(2), "msgbatch_2"}),
            "batch b2 is accepted without being open");
  EXPECT_EQ(contradiction(story.run, BatchFormed{story.now, BatchId(2), {CallId(2)}}),
            "call c2 is batched without waiting for it");
  EXPECT_EQ(contradiction(story.run, BatchFormed{story.now, BatchId(3), {}}),
            "batch b3 is out of order");
}

}  // namespace
}  // namespace baton
