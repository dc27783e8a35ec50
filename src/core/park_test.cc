#include <gtest/gtest.h>

#include "core/audit.h"
#include "core/story.h"

namespace baton {
namespace {

std::vector<Event> parked(Story& story, std::string why) {
  return park(story.run, std::move(why), story.now, story.rules);
}

TEST(ParkTest, ARunThatWasOnlyQueuedIsPausedWithTheReasonAndNothingBegins) {
  RunState run;
  std::vector<Event> queued = {Story::asked(), TaskAdded{kNoon, worker(0)}};
  for (const Event& event : queued) evolve(run, event);
  EXPECT_EQ(park(run, "no key", kNoon, test_rules()),
            (std::vector<Event>{RunResumed{kNoon}, StopRequested{kNoon, "no key"},
                                RunEnded{kNoon, RunStatus::kPaused, "no key"}}));
}

TEST(ParkTest, WhatItsLastDriverHadInFlightIsBookedAtItsWorstCase) {
  Story story(Money::dollars(1));
  story.add(worker(0));
  story.prepared(TaskId(0));
  const Money hold = story.run.budget.held();
  const std::vector<Event> events = parked(story, "no repository");
  ASSERT_EQ(only<CallEnded>(events).size(), 1U);
  EXPECT_EQ(only<CallEnded>(events)[0].bill, BillState::kUnknown);
  EXPECT_EQ(story.run.budget.charged(), hold);
  EXPECT_EQ(only<RunEnded>(events).at(0).reason, "no repository");
}

TEST(ParkTest, WhoeverResumesItGoesOnWhereItWas) {
  Story story;
  story.add(worker(0));
  parked(story, "no key");
  EXPECT_EQ(only<AttemptStarted>(story.tell(RunResumed{story.now})).size(), 1U);
}

}  // namespace
}  // namespace baton
