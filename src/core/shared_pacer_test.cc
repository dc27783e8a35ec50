// Several runs of one process share its picture of the provider's limits.
#include <gtest/gtest.h>

#include "core/pacer.h"
#include "core/story.h"

namespace baton {
namespace {

TEST(SharedPacerTest, ARunThatWaitsForOthersIsWokenWhileTheyGoOn) {
  Pacer pacer;
  Story story;
  story.rules.pacer = &pacer;
  const PacedCall others{prices().find("small")->rate_class, "small", Tokens(1000), Tokens(1000)};
  while (pacer.earliest(others, story.now)) pacer.sent(others, story.now);
  story.add(worker(0));
  story.prepared(TaskId(0));
  EXPECT_EQ(next_wake(story.run, story.rules, story.now), story.now + Millis(100))
      << "nobody tells it when they have ended";
}

}  // namespace
}  // namespace baton
