// Attempts of several turns: how they go on, are mended, repeated, and begun anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/story.h"

namespace baton {
namespace {

// A task on the model that takes an effort, its first call in flight.
Story begun(const std::string& effort = "low") {
  Story story;
  TaskSpec task = spec(0, Role::kWorker, Tier::kFast);
  task.effort = effort;
  story.add(task);
  story.prepared(TaskId(0));
  return story;
}

// The call's answer comes, with what the model would be told if the attempt went on.
std::vector<Event> answered(Story& story, Verdict verdict, BlobId reply = "reply") {
  const CallId call = story.run.open_calls.begin()->first;
  CallSettled outcome;
  outcome.usage = {.input = Tokens(1000), .output = Tokens(100)};
  CallEnded end = booked_end(story.run, call, outcome, verdict, "answer " + call.to_string(),
                             prices(), story.now);
  end.content = "content";
  end.reply = std::move(reply);
  return story.tell(std::move(end));
}

std::vector<Event> failed(Story& story, FailureKind kind) {
  return story.failed(story.run.open_calls.begin()->first, kind);
}

// The story's task is prepared and its next call is in flight.
void go_on(Story& story) {
  story.wait(Millis::seconds(60));
  ASSERT_EQ(only<CallReserved>(story.prepared(TaskId(0))).size(), 1U);
}

const Task& task(const Story& story) {
  return story.run.task(TaskId(0));
}

TEST(TurnsTest, AnAnswerThatGoesOnIsATurnOfTheSameAttempt) {
  Story story = begun();
  EXPECT_EQ(only<TurnStarted>(answered(story, Verdict::kContinue)),
            (std::vector<TurnStarted>{{kNoon, TaskId(0), 2, ""}}));
  EXPECT_EQ(task(story).turns, (std::vector<Turn>{{"answer c1", "content", "reply"}}));
  EXPECT_EQ(task(story).attempts, 1);
}

// Limits do not count what is read from the cache: of a loop, only what it has grown by.
TEST(TurnsTest, WhatTheTurnBeforeLeftInTheCacheDoesNotCountAsInput) {
  Story story = begun();
  CallSettled outcome;
  outcome.usage = {.cache_write_5m = Tokens(1000), .output = Tokens(100)};
  CallPrepared next{story.now, TaskId(0), "key", Tokens(1000), true, Tokens(1000)};
  next.prefix_ttl = Millis::seconds(300);
  const auto counted = [&](Millis later) {
    next.input_estimate = Tokens(1400);
    return counted_input(story.run, next, kNoon + later);
  };
  story.run.tasks[0].prepared = next;
  EXPECT_EQ(counted(Millis(0)), Tokens(1400));  // the attempt has no turn yet
  CallEnded end =
      booked_end(story.run, CallId(1), outcome, Verdict::kContinue, "answer", prices(), story.now);
  end.reply = "reply";
  story.tell(std::move(end));
  EXPECT_EQ(counted(Millis(0)), Tokens(400));
  EXPECT_EQ(counted(Millis::seconds(299)), Tokens(400));
  EXPECT_EQ(counted(Millis::seconds(300)), Tokens(1400));
}

TEST(TurnsTest, TheLastAnswerEndsTheTaskAndAllItsTurnsArePaidFor) {
  Story story = begun();
  answered(story, Verdict::kContinue);
  go_on(story);
  EXPECT_EQ(only<TaskFinished>(answered(story, Verdict::kAccepted)).at(0).result, "answer c2");
  EXPECT_EQ(story.run.budget.charged(), Money::pico(3'000'000'000));
  EXPECT_EQ(task(story).spent, story.run.budget.charged());
}

TEST(TurnsTest, AnAnswerThatGoesOnWithNothingToTellTheModelGoesNowhere) {
  Story story = begun();
  EXPECT_EQ(only<Escalated>(answered(story, Verdict::kContinue, /*reply=*/"")).size(), 1U);
}

// The ladder: repair, then again and harder, then the next tier, then without.
TEST(TurnsTest, ABadAnswerIsRepairedThenTriedHarderThenOnTheNextTierThenSkipped) {
  Story story = begun("low");
  const auto mended = answered(story, Verdict::kInvalid);
  EXPECT_EQ(only<TurnStarted>(mended).at(0).reason, "the answer was invalid");
  go_on(story);

  answered(story, Verdict::kInvalid);
  EXPECT_EQ(task(story).effort, "medium");
  EXPECT_TRUE(task(story).turns.empty());  // begun anew
  go_on(story);
  answered(story, Verdict::kInvalid);  // a new attempt has a repair of its own
  go_on(story);

  EXPECT_EQ(only<Escalated>(answered(story, Verdict::kInvalid)).at(0).to, Tier::kBalanced);
  EXPECT_EQ(task(story).effort, "low");
  EXPECT_TRUE(task(story).turns.empty());
  for (int answers = 0; answers < 3; ++answers) {
    go_on(story);
    answered(story, Verdict::kInvalid);
  }
  go_on(story);
  EXPECT_EQ(only<TaskSkipped>(answered(story, Verdict::kInvalid)).at(0).reason,
            SkipReason::kFailed);
}

TEST(TurnsTest, ABadAnswerThatCanNotBeRepairedIsTriedAgainAtOnce) {
  Story story = begun();
  const auto events = answered(story, Verdict::kInvalid, /*reply=*/"");
  EXPECT_TRUE(only<TurnStarted>(events).empty());
  EXPECT_EQ(only<AttemptStarted>(events).at(0).attempt, 2);
}

TEST(TurnsTest, AFailureInALaterTurnRepeatsThatCallAlone) {
  Story story = begun();
  answered(story, Verdict::kContinue);
  go_on(story);
  const auto retry = only<RetryScheduled>(failed(story, FailureKind::kUnavailable));
  EXPECT_TRUE(retry.at(0).keeps_turns);
  const auto events = story.wait(Millis::seconds(60));
  EXPECT_TRUE(only<AttemptStarted>(events).empty());
  EXPECT_EQ(only<TurnStarted>(events).at(0).turn, 2);
  EXPECT_EQ(task(story).turns.size(), 1U);
}

TEST(TurnsTest, AnAttemptThatRanOutOfMoneyGoesOnFromItsLastTurnOnceThereIsMore) {
  Story story(Money::cents(8));
  TaskSpec limited = spec(0, Role::kWorker, Tier::kFast);
  limited.limits.wall = Millis::seconds(3600);
  story.add(limited);
  story.tell(PlanClosed{kNoon});
  story.prepared(TaskId(0));
  answered(story, Verdict::kContinue);
  ASSERT_EQ(only<RunEnded>(story.prepared(TaskId(0), Tokens(190'000))).at(0).status,
            RunStatus::kBudgetExhausted);

  story.now = kNoon + Millis::seconds(86'400);
  story.tell(BudgetRaised{story.now, Money::dollars(1)});
  const auto events = story.tell(RunResumed{story.now});
  EXPECT_TRUE(only<AttemptStarted>(events).empty());
  EXPECT_EQ(only<TurnStarted>(events).at(0).turn, 2);
  story.prepared(TaskId(0));
  // The day that it waited for money is not its time.
  EXPECT_EQ(only<TurnStarted>(answered(story, Verdict::kContinue)).at(0).turn, 3);
}

TEST(TurnsTest, FailuresOfOneTurnAreNotCountedForTheNext) {
  Story story = begun();
  for (int turn = 1; turn <= 4; ++turn) {
    for (int cuts = 0; cuts < 2; ++cuts) {
      failed(story, FailureKind::kCut);
      go_on(story);
    }
    EXPECT_TRUE(only<TurnStarted>(answered(story, Verdict::kContinue)).size() == 1U) << turn;
    go_on(story);
  }
  EXPECT_EQ(task(story).tier, Tier::kFast);
}

TEST(TurnsTest, FailuresOfOneTurnThatDoNotEndMoveTheTaskUpATierWhereItBeginsAnew) {
  Story story = begun();
  answered(story, Verdict::kContinue);
  for (int cuts = 0; cuts < 2; ++cuts) {
    go_on(story);
    failed(story, FailureKind::kCut);
  }
  go_on(story);
  const auto events = failed(story, FailureKind::kCut);
  EXPECT_EQ(only<Escalated>(events).size(), 1U);
  EXPECT_EQ(only<AttemptStarted>(events).size(), 1U);
  EXPECT_TRUE(task(story).turns.empty());
}

TEST(TurnsTest, ACutAnswerOfALaterTurnGetsTwiceTheOutputOnce) {
  Story story = begun();
  answered(story, Verdict::kContinue);
  go_on(story);
  answered(story, Verdict::kTruncated, /*reply=*/"");
  EXPECT_EQ(task(story).max_output, Tokens(2000));
  EXPECT_EQ(task(story).turns.size(), 1U);
  go_on(story);
  EXPECT_EQ(only<Escalated>(answered(story, Verdict::kTruncated, /*reply=*/"")).size(), 1U);
}

TEST(TurnsTest, ANewProcessGoesOnWithTheTurnThatItsPredecessorHadInFlight) {
  Story story = begun();
  answered(story, Verdict::kContinue);
  go_on(story);
  story.run = *replay(story.journal);
  const auto events = story.tell(RunResumed{story.now});
  EXPECT_TRUE(only<AttemptStarted>(events).empty());
  EXPECT_EQ(only<TurnStarted>(events), (std::vector<TurnStarted>{{story.now, TaskId(0), 2, ""}}));
  EXPECT_EQ(task(story).turns.size(), 1U);
}

TEST(TurnsTest, ARepairCountsOverARestart) {
  Story story = begun();
  answered(story, Verdict::kInvalid);
  story.run = *replay(story.journal);
  story.tell(RunResumed{story.now});
  story.prepared(TaskId(0));
  EXPECT_EQ(only<AttemptStarted>(answered(story, Verdict::kInvalid)).size(), 1U);  // not again
}

}  // namespace
}  // namespace baton
