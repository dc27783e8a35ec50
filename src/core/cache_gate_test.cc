// Calls that share a prefix: the first writes it, the others wait until they can read it.
#include <gtest/gtest.h>

#include "core/pacer.h"
#include "core/story.h"

namespace baton {
namespace {

constexpr Millis kTtl = Millis::seconds(300);
constexpr Millis kAlmostTtl(kTtl.count() - 1);

std::vector<Event> prepared(Story& story, int task, std::string prefix = "shared") {
  CallPrepared fact{story.now, TaskId(task), "key", Tokens(1000), true, Tokens(1000)};
  fact.prefix = std::move(prefix);
  fact.prefix_tokens = Tokens(800);
  fact.prefix_ttl = kTtl;
  return story.tell(std::move(fact));
}

// Workers of one prefix beside a plan that still grows; the call of the first of them, c2, is in
// flight, and the others are prepared.
Story siblings(int count) {
  Story story(std::nullopt, /*parallel=*/count);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  story.prepared(kPlan);
  for (int id = 1; id <= count; ++id) {
    story.add(worker(id));
    prepared(story, id);
  }
  return story;
}

// A worker more, and the calls that its readiness sends off.
std::vector<CallReserved> one_more(Story& story) {
  const int id = static_cast<int>(story.run.tasks.size());
  story.run.created.parallel = id + 1;
  story.add(worker(id));
  return only<CallReserved>(prepared(story, id));
}

TEST(CacheGateTest, SiblingsWaitForTheFirstByteOfTheFirstAndThenGoTogether) {
  Story story = siblings(16);
  EXPECT_EQ(story.run.open_calls.size(), 2U);
  EXPECT_EQ(only<CallReserved>(story.tell(FirstByte{story.now, CallId(2)})).size(), 15U);
}

TEST(CacheGateTest, TheEndOfTheFirstOpensTheGateToo) {
  Story story = siblings(4);
  EXPECT_EQ(only<CallReserved>(story.settled(CallId(2))).size(), 3U);
}

TEST(CacheGateTest, OtherPrefixesDoNotWait) {
  Story story = siblings(2);
  story.run.created.parallel = 4;
  story.add(worker(3));
  EXPECT_EQ(only<CallReserved>(prepared(story, 3, "another")).size(), 1U);
  story.add(worker(4));
  EXPECT_EQ(only<CallReserved>(prepared(story, 4, "")).size(), 1U);
}

TEST(CacheGateTest, AFailedWriterLeavesItsPlaceToOneOfTheOthers) {
  Story story = siblings(4);
  const auto reserved = only<CallReserved>(story.failed(CallId(2), FailureKind::kUnavailable));
  ASSERT_EQ(reserved.size(), 1U);
  EXPECT_EQ(reserved[0].task, TaskId(2));
  EXPECT_EQ(only<CallReserved>(story.tell(FirstByte{story.now, CallId(3)})).size(), 2U);
}

TEST(CacheGateTest, NobodyWaitsLongerThanTheBound) {
  Story story = siblings(4);
  EXPECT_EQ(next_wake(story.run, story.rules, story.now), kNoon + story.rules.longest_gate);
  EXPECT_TRUE(story.wait(Millis(story.rules.longest_gate.count() - 1)).empty());
  EXPECT_EQ(only<CallReserved>(story.wait(Millis(1))).size(), 3U);
}

TEST(CacheGateTest, AGateThatOpenedSinceTheLastFactIsSeenToAtOnce) {
  Story story = siblings(2);
  const Instant later = story.now + story.rules.longest_gate + Millis(1);
  EXPECT_EQ(next_wake(story.run, story.rules, later), later);
}

TEST(CacheGateTest, WhatIsWrittenStaysReadableFromTheStartOfItsRequest) {
  Story story = siblings(1);
  story.now = story.now + Millis::seconds(20);
  story.settled(CallId(2));
  story.now = kNoon + kAlmostTtl;
  EXPECT_EQ(one_more(story).size(), 1U);  // reads it, and so does the next
  EXPECT_EQ(one_more(story).size(), 1U);
}

TEST(CacheGateTest, WhatHasExpiredIsWrittenAgainByOne) {
  Story story = siblings(1);
  story.settled(CallId(2));
  story.now = kNoon + kTtl;
  EXPECT_EQ(one_more(story).size(), 1U);
  EXPECT_EQ(one_more(story).size(), 0U);
}

TEST(CacheGateTest, EachReadKeepsItReadableFromThereOn) {
  Story story = siblings(1);
  story.settled(CallId(2));
  story.now = kNoon + kAlmostTtl;
  one_more(story);
  story.now = story.now + kAlmostTtl;
  EXPECT_EQ(one_more(story).size(), 1U);
  EXPECT_EQ(one_more(story).size(), 1U);
}

// A batch is answered within a day: nobody waits for it, and it waits for nobody.
TEST(CacheGateTest, CallsOfABatchNeitherWriteForOthersNorWait) {
  Story story(std::nullopt, 4);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  for (int id = 1; id <= 2; ++id) {
    TaskSpec later = worker(id);
    later.batch = true;
    story.add(later);
    EXPECT_EQ(only<CallReserved>(prepared(story, id)).size(), 1U);
  }
  story.add(worker(3));
  EXPECT_EQ(only<CallReserved>(prepared(story, 3)).size(), 1U);
  TaskSpec later = worker(4);
  later.batch = true;
  story.add(later);
  EXPECT_EQ(only<CallReserved>(prepared(story, 4)).size(), 1U);  // t3 writes, and is in flight
}

// ---- the provider's limits ----

// Many are admitted in one step, before any of them is sent: each takes its place at once.
TEST(PacingTest, CallsThatAreReadyTogetherDoNotAllPassALimitThatHoldsOne) {
  Pacer pacer;
  Story story(std::nullopt, /*parallel=*/8);
  story.rules.pacer = &pacer;
  const PacedCall probe{prices().find("small")->rate_class, "small", Tokens(1000), Tokens(1000)};
  const Pacer::Ticket ticket = pacer.sent(probe, story.now);
  RateLimits limits;
  limits.input = {.limit = 10'000, .remaining = 0};
  pacer.heard(ticket, limits, story.now);
  pacer.throttled(ticket, Millis(0), story.now);
  for (int id = 0; id < 8; ++id) {
    story.add(worker(id));
    story.prepared(TaskId(id));
  }
  // In nine seconds, a limit of 10,000 a minute lets 1,500 tokens in.
  EXPECT_EQ(only<CallReserved>(story.wait(Millis::seconds(9))).size(), 1U);
}

TEST(PacingTest, ASiblingOfAThrottledCallWaitsAsLongAsTheProviderAsked) {
  Pacer pacer;
  Story story;
  story.rules.pacer = &pacer;
  story.add(worker(0));
  story.prepared(TaskId(0));
  pacer.throttled(*pacer.claim("r-test", CallId(1)), Millis::seconds(5), story.now);
  story.failed(CallId(1), FailureKind::kThrottled);

  story.add(worker(1));
  EXPECT_TRUE(only<CallReserved>(story.prepared(TaskId(1))).empty());
  EXPECT_TRUE(only<CallReserved>(story.wait(Millis::seconds(4))).empty());
  std::size_t sent = 0;
  for (int i = 0; i < 20 && sent == 0; ++i) {
    const auto next = next_wake(story.run, story.rules, story.now);
    ASSERT_TRUE(next);
    sent = only<CallReserved>(story.wait(*next - story.now)).size();
  }
  EXPECT_EQ(sent, 1U);
  EXPECT_GE(story.now, kNoon + Millis::seconds(5));
}

}  // namespace
}  // namespace baton
