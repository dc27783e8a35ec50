// What becomes of a run whose journal has lost its end.
#include <gtest/gtest.h>

#include <limits>

#include "core/audit.h"
#include "core/story.h"

namespace baton {
namespace {

TEST(TailLostTest, WhatMayHaveBeenBilledIsBookedAsUnknownAndKeptFromTheBudget) {
  Story story = planned(Money::cents(50));
  story.cut(CallId(1));
  const Money before = story.run.budget.charged();
  const Money unknown = story.run.unknown;
  story.tell(TailLost{kNoon, 12, Money::cents(7)});
  EXPECT_EQ(story.run.budget.charged(), before + Money::cents(7));
  EXPECT_EQ(story.run.unknown, unknown + Money::cents(7));
}

// The provider may still have a batch whose items are named after them.
TEST(TailLostTest, NumbersThatLostCallsMayHaveHadAreNotGivenAgain) {
  Story story = planned(Money::cents(50));
  const int before = story.run.calls;
  story.tell(TailLost{kNoon, 12, Money()});
  EXPECT_EQ(story.run.calls, before + 12);
  story.tell(TailLost{kNoon, std::numeric_limits<std::int64_t>::max(), Money()});
  EXPECT_EQ(story.run.calls, 1'000'000'000);
}

TEST(TailLostTest, ItCountsAgainstTheShareOfTheDay) {
  RunCreated created = Story::asked();
  created.caps.day = Money::dollars(1);
  Story story(created);
  story.add(worker(0));
  story.prepared(TaskId(0));
  const auto asked = only<AllotmentAsked>(story.journal);
  ASSERT_EQ(asked.size(), 1U);
  story.tell(DayAllotted{kNoon, asked[0].day, asked[0].amount});
  const Money used = story.run.day.used;
  story.tell(TailLost{kNoon, 1, Money::cents(3)});
  EXPECT_EQ(story.run.day.used, used + Money::cents(3));
}

TEST(TailLostTest, TheBooksBalanceWithIt) {
  Story story = planned(Money::cents(50));
  story.tell(TailLost{kNoon, 3, Money::cents(7)});
  RunState run;
  Audit audit;
  for (const Event& event : story.journal) {
    evolve(run, event);
    EXPECT_EQ(audit.follow(event, run), "");
  }
  EXPECT_EQ(run, story.run);
}

TEST(TailLostTest, ALossOfNothingOrOfLessThanNoMoneyContradictsTheRun) {
  const Story story = planned();
  EXPECT_NE(contradiction(story.run, TailLost{kNoon, 0, Money::cents(1)}), std::nullopt);
  EXPECT_NE(contradiction(story.run, TailLost{kNoon, 1, Money::cents(-1)}), std::nullopt);
  EXPECT_EQ(contradiction(story.run, TailLost{kNoon, 1, Money()}), std::nullopt);
}

}  // namespace
}  // namespace baton
