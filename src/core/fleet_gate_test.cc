// Prefixes that runs on several machines share: who writes one is asked of the fleet, first.
#include <gtest/gtest.h>

#include "core/story.h"

namespace baton {
namespace {

constexpr Millis kTtl = Millis::seconds(300);
const std::string kPrefix = "shared";

std::vector<Event> prepared(Story& story, int task) {
  CallPrepared fact{story.now, TaskId(task), "key", Tokens(1000), true, Tokens(1000)};
  fact.prefix = kPrefix;
  fact.prefix_tokens = Tokens(800);
  fact.prefix_ttl = kTtl;
  return story.tell(std::move(fact));
}

// Two workers of one prefix, prepared.
Story siblings() {
  Story story(std::nullopt, /*parallel=*/2);
  story.rules.shared_prefixes = true;
  for (const int id : {0, 1}) {
    story.add(worker(id));
    prepared(story, id);
  }
  return story;
}

std::vector<Event> told(Story& story, bool ours, Millis readable_for = {}) {
  return story.tell(PrefixTold{story.now, kPrefix, ours, readable_for});
}

TEST(FleetGateTest, TheFleetIsAskedOnceBeforeTheFirstCallOfAPrefix) {
  const Story story = siblings();
  EXPECT_EQ(only<PrefixAsked>(story.journal), (std::vector{PrefixAsked{kNoon, kPrefix}}));
  EXPECT_TRUE(only<CallReserved>(story.journal).empty());
}

TEST(FleetGateTest, WhoeverIsToldToWriteItDoesAndItsSiblingsWait) {
  Story story = siblings();
  EXPECT_EQ(only<CallReserved>(told(story, true)).size(), 1U);
  EXPECT_EQ(only<CallReserved>(story.tell(FirstByte{story.now, CallId(1)})).size(), 1U);
}

TEST(FleetGateTest, WhatAnotherRunHasWrittenIsReadAtOnceByAll) {
  Story story = siblings();
  EXPECT_EQ(only<CallReserved>(told(story, false, kTtl)).size(), 2U);
}

TEST(FleetGateTest, WhatAnotherWritesNowIsAskedAboutAgainEachTimeLater) {
  Story story = siblings();
  Millis look = story.rules.prefix_look;
  for (int i = 0; i < 3; ++i, look = look * 2) {
    EXPECT_TRUE(told(story, false).empty());
    EXPECT_EQ(next_wake(story.run, story.rules, story.now), story.now + look);
    EXPECT_EQ(only<PrefixAsked>(story.wait(look)).size(), 1U);
  }
  EXPECT_EQ(only<CallReserved>(told(story, false, kTtl)).size(), 2U);
}

TEST(FleetGateTest, NobodyWaitsForAnotherRunLongerThanForAGate) {
  Story story = siblings();
  std::size_t sent = 0;
  while (sent == 0 && story.now - kNoon < story.rules.longest_gate * 2) {
    if (story.run.prefixes.at(kPrefix).fleet == CacheEntry::Fleet::kAsked) told(story, false);
    const auto next = next_wake(story.run, story.rules, story.now);
    ASSERT_TRUE(next.has_value());
    sent = only<CallReserved>(story.wait(*next - story.now)).size();
  }
  EXPECT_EQ(sent, 1U);
  EXPECT_EQ(story.now, kNoon + story.rules.longest_gate);
}

TEST(FleetGateTest, AQuestionThatIsNeverAnsweredHoldsNobodyLongerEither) {
  Story story = siblings();
  EXPECT_EQ(next_wake(story.run, story.rules, story.now), kNoon + story.rules.longest_gate);
  EXPECT_EQ(only<CallReserved>(story.wait(story.rules.longest_gate)).size(), 1U);
}

TEST(FleetGateTest, AfterItsLifeTheFleetIsAskedAnew) {
  Story story = siblings();
  told(story, true);
  story.tell(FirstByte{story.now, CallId(1)});
  story.now = kNoon + kTtl;
  story.add(worker(2));
  story.settled(CallId(1));
  EXPECT_EQ(only<PrefixAsked>(prepared(story, 2)).size(), 1U);
}

TEST(FleetGateTest, AQuestionOfAProcessThatDiedIsAskedAgain) {
  Story story = siblings();
  story.tell(RunResumed{story.now});
  EXPECT_EQ(only<PrefixAsked>(prepared(story, 0)).size(), 1U);
}

TEST(FleetGateTest, AnAnswerNobodyAskedForContradictsTheJournal) {
  Story story = siblings();
  told(story, true);
  EXPECT_TRUE(contradiction(story.run, PrefixTold{story.now, kPrefix, true, {}}).has_value());
  EXPECT_TRUE(contradiction(story.run, PrefixTold{story.now, "other", true, {}}).has_value());
}

TEST(FleetGateTest, ARunThatIsAloneAsksNobody) {
  Story story(std::nullopt, /*parallel=*/2);
  story.add(worker(0));
  EXPECT_EQ(only<CallReserved>(prepared(story, 0)).size(), 1U);
  EXPECT_TRUE(only<PrefixAsked>(story.journal).empty());
}

}  // namespace
}  // namespace baton
