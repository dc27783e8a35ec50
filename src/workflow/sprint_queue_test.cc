#include "workflow/sprint_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace baton {
namespace {

using State = QueuedJob::State;

constexpr Instant kNoon = Instant::from_unix_ms(1'795'262'400'000);

QueuedJob job(int dollars, int priority = 0) {
  return {.priority = priority, .cap = Money::dollars(dollars), .spent = {}};
}

JobMove start(std::size_t job, int dollars) {
  return JobStart{job, Money::dollars(dollars)};
}

TEST(SprintQueueTest, AsManyRunAsMayAtATimeAndTheNextOneStartsWhenOneHasEnded) {
  SprintQueue queue({.parallel = 2, .budget = Money::dollars(10)}, {job(1), job(1), job(1)});
  EXPECT_EQ(queue.next(kNoon), start(0, 1));
  EXPECT_EQ(queue.next(kNoon), start(1, 1));
  EXPECT_EQ(queue.next(kNoon), JobMove());
  queue.ended(1, Money::cents(20));
  EXPECT_EQ(queue.next(kNoon), start(2, 1));
  queue.ended(0, Money::cents(20));
  EXPECT_FALSE(queue.over());
  queue.ended(2, Money::cents(20));
  EXPECT_TRUE(queue.over());
  EXPECT_EQ(queue.promised(), Money::cents(60));
}

TEST(SprintQueueTest, TheHigherPriorityGoesFirstAndEqualOnesAsTheyWereGiven) {
  SprintQueue queue({.parallel = 9, .budget = Money::dollars(10)},
                    {job(1), job(1, 5), job(1, -1), job(1, 5)});
  EXPECT_EQ(queue.next(kNoon), start(1, 1));
  EXPECT_EQ(queue.next(kNoon), start(3, 1));
  EXPECT_EQ(queue.next(kNoon), start(0, 1));
  EXPECT_EQ(queue.next(kNoon), start(2, 1));
}

TEST(SprintQueueTest, WhatHasBegunEarlierGoesBeforeAnyPriorityAndKeepsItsCap) {
  QueuedJob begun = job(3);
  begun.state = State::kBegun;
  begun.spent = Money::dollars(1);
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(4)}, {job(1, 100), begun});
  EXPECT_EQ(queue.next(kNoon), start(1, 3));
  EXPECT_EQ(queue.promised(), Money::dollars(3));
}

TEST(SprintQueueTest, ACapThatDoesNotFitWaitsForARunningJobAndIsNotOvertakenMeanwhile) {
  SprintQueue queue({.parallel = 3, .budget = Money::dollars(5)}, {job(4), job(3), job(1)});
  EXPECT_EQ(queue.next(kNoon), start(0, 4));
  EXPECT_EQ(queue.next(kNoon), JobMove());
  queue.ended(0, Money::dollars(1));
  EXPECT_EQ(queue.next(kNoon), start(1, 3));
  EXPECT_EQ(queue.next(kNoon), start(2, 1));
}

TEST(SprintQueueTest, ACapIsLoweredToWhatIsLeftIfThatIsAtLeastAQuarterOfIt) {
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(1)}, {job(4)});
  EXPECT_EQ(queue.next(kNoon), start(0, 1));
}

TEST(SprintQueueTest, AJobIsSkippedIfLessIsLeftAndASmallerOneBehindItHasItsTurn) {
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(1)}, {job(5), job(1)});
  EXPECT_EQ(queue.next(kNoon), JobMove(JobSkip{0, Money::dollars(1)}));
  EXPECT_EQ(queue.next(kNoon), start(1, 1));
  queue.ended(1, Money::dollars(1));
  EXPECT_TRUE(queue.over());
}

TEST(SprintQueueTest, WithNothingLeftOnlyWhatCostsNothingStarts) {
  SprintQueue queue({.parallel = 1, .budget = Money()}, {job(1), job(0)});
  EXPECT_EQ(queue.next(kNoon), JobMove(JobSkip{0, Money()}));
  EXPECT_EQ(queue.next(kNoon), start(1, 0));
}

TEST(SprintQueueTest, ABillAboveItsCapCountsInFull) {
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(3)}, {job(1), job(2)});
  queue.next(kNoon);
  queue.ended(0, Money::dollars(4));
  EXPECT_EQ(queue.promised(), Money::dollars(4));
  EXPECT_EQ(queue.next(kNoon), JobMove(JobSkip{1, Money()}));
}

TEST(SprintQueueTest, WhenTheTimeIsUpNothingStartsAndWhatRunsIsWaitedFor) {
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(9), .until = kNoon + Millis(1000)},
                    {job(1), job(1)});
  EXPECT_EQ(queue.next(kNoon), start(0, 1));
  EXPECT_FALSE(queue.over());
  queue.ended(0, Money());
  EXPECT_EQ(queue.next(kNoon + Millis(1000)), JobMove());
  EXPECT_TRUE(queue.over());
}

TEST(SprintQueueTest, AJobThatAlreadyRunsCountsWithItsCapAndTakesAPlace) {
  QueuedJob runs = job(2);
  runs.state = State::kRunning;
  SprintQueue queue({.parallel = 1, .budget = Money::dollars(3)}, {runs, job(1)});
  EXPECT_EQ(queue.promised(), Money::dollars(2));
  EXPECT_EQ(queue.next(kNoon), JobMove());
  queue.ended(0, Money::dollars(2));
  EXPECT_EQ(queue.next(kNoon), start(1, 1));
}

// Whatever jobs ask for, whatever they come to cost within their caps and in whatever order they
// end: the budget is never passed, and every job is started or skipped once.
RC_GTEST_PROP(SprintQueueProperty, TheBudgetIsNeverPassedAndNoJobIsForgotten, ()) {
  const int parallel = *rc::gen::inRange(1, 5);
  const Money budget = Money::cents(*rc::gen::inRange(0, 3000));
  std::vector<QueuedJob> jobs(static_cast<std::size_t>(*rc::gen::inRange(0, 20)));
  for (QueuedJob& each : jobs) {
    each.cap = Money::cents(*rc::gen::inRange(0, 1000));
    each.priority = *rc::gen::inRange(0, 3);
  }
  SprintQueue queue({.parallel = parallel, .budget = budget}, jobs);
  std::map<std::size_t, Money> running;
  std::size_t decided = 0;
  while (!queue.over()) {
    for (JobMove move = queue.next(kNoon); move != JobMove(); move = queue.next(kNoon)) {
      ++decided;
      if (const auto* started = std::get_if<JobStart>(&move)) {
        RC_ASSERT(started->cap <= jobs[started->job].cap);
        RC_ASSERT(running.emplace(started->job, started->cap).second);
      }
      RC_ASSERT(static_cast<int>(running.size()) <= parallel);
      RC_ASSERT(queue.promised() <= budget);
    }
    if (running.empty()) break;
    auto ends = running.begin();
    std::advance(ends, *rc::gen::inRange<std::size_t>(0, running.size()));
    const auto cents = ends->second.picodollars() / Money::cents(1).picodollars();
    queue.ended(ends->first, Money::cents(*rc::gen::inRange<std::int64_t>(0, cents + 1)));
    running.erase(ends);
    RC_ASSERT(queue.promised() <= budget);
  }
  RC_ASSERT(queue.over());
  RC_ASSERT(decided == jobs.size());
}

}  // namespace
}  // namespace baton
