#include "report/cache_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/example_money.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

const Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z
constexpr Millis kMinutes5 = Millis::seconds(300);

Usage wrote(std::int64_t tokens) {
  return {.input = Tokens(100), .cache_write_5m = Tokens(tokens), .output = Tokens(10)};
}
Usage read(std::int64_t tokens) {
  return {.input = Tokens(100), .cache_read = Tokens(tokens), .output = Tokens(10)};
}

// Calls of one prefix on claude-haiku-4-5: $1 a million tokens of input.
class Story {
 public:
  CallId begin(Instant at, std::string prefix = "abcdef0123456789") {
    const CallId call(++calls_);
    const TaskId task(calls_);
    CallPrepared prepared;
    prepared.at = at;
    prepared.task = task;
    prepared.prefix = std::move(prefix);
    prepared.prefix_ttl = kMinutes5;
    events_.emplace_back(prepared);
    CallReserved reserved;
    reserved.at = at;
    reserved.call = call;
    reserved.task = task;
    reserved.model = "claude-haiku-4-5";
    const Model* model = Catalog::builtin().find(reserved.model);
    reserved.price_date = model->sheet_on("2026-11-20")->valid_from;
    events_.emplace_back(reserved);
    return call;
  }
  void first_byte(CallId call, Instant at) { events_.emplace_back(FirstByte{at, call}); }
  void end(CallId call, const Usage& usage, Instant at) {
    CallEnded end;
    end.at = at;
    end.call = call;
    end.usage = usage;
    events_.emplace_back(end);
  }
  CallId whole(const Usage& usage, Instant at) {
    const CallId call = begin(at);
    end(call, usage, at + Millis(900));
    return call;
  }
  std::vector<CacheLine> lines() const { return cache_of(events_, Catalog::builtin()); }

 private:
  int calls_ = 0;
  std::vector<Event> events_;
};

std::vector<CacheMiss> reasons(const Story& story) {
  std::vector<CacheMiss> reasons;
  for (const CacheLine& line : story.lines()) {
    for (const CacheUse& use : line.misses) reasons.push_back(use.why);
  }
  return reasons;
}

TEST(CacheReportTest, OneWritesAndTheOthersReadAndBothHaveTheirPrice) {
  Story story;
  const CallId first = story.whole(wrote(40'000), kNoon);
  story.whole(read(40'000), kNoon + Millis(1000));
  story.whole(read(40'000), kNoon + Millis(2000));

  CacheLine expected;
  expected.model = "claude-haiku-4-5";
  expected.prefix = "abcdef0123456789";
  expected.reads = 2;
  expected.read = Tokens(80'000);
  expected.written = Tokens(40'000);
  expected.paid = dollars("0.058");
  expected.without = dollars("0.12");
  expected.misses = {
      {first, CacheMiss::kFirst, Tokens(40'000), dollars("0.05"), dollars("0.004"), Millis()}};
  EXPECT_EQ(story.lines(), std::vector{expected});
  EXPECT_EQ(cache_text(story.lines()),
            "Cache\n"
            "  claude-haiku-4-5 abcdef01: 2 hits, 80,000 tokens; 40,000 tokens written; $0.0580, "
            "$0.1200 without a cache\n"
            "    c1 wrote it, the first to need it; $0.0500\n");
}

TEST(CacheReportTest, AWriteAfterALongerPauseThanItsLifeIsAnExpiry) {
  Story story;
  story.whole(wrote(5'000), kNoon);
  story.whole(read(5'000), kNoon + Millis::seconds(200));
  // Each use keeps it alive: from here on, for five minutes more.
  story.whole(read(5'000), kNoon + Millis::seconds(499));
  story.whole(wrote(5'000), kNoon + Millis::seconds(800));
  EXPECT_EQ(reasons(story), (std::vector{CacheMiss::kFirst, CacheMiss::kExpired}));
  EXPECT_EQ(story.lines()[0].misses[1].idle, Millis::seconds(301));
  EXPECT_THAT(cache_text(story.lines()), HasSubstr("it had expired, unused for "));
}

TEST(CacheReportTest, AWriteWhileAnEntryLivesIsTheProvidersDoing) {
  Story story;
  story.whole(wrote(5'000), kNoon);
  story.whole(wrote(5'000), kNoon + Millis::seconds(299));
  EXPECT_EQ(reasons(story), (std::vector{CacheMiss::kFirst, CacheMiss::kDropped}));
  EXPECT_THAT(cache_text(story.lines()), HasSubstr("dropped it; $0.0063 in place of $0.0005"));
}

TEST(CacheReportTest, AWriteBeforeTheFirstAnswerBeganCameTooEarly) {
  Story story;
  const CallId slow = story.begin(kNoon);
  const CallId impatient = story.begin(kNoon + Millis::seconds(20));
  story.first_byte(slow, kNoon + Millis::seconds(30));
  story.end(slow, wrote(5'000), kNoon + Millis::seconds(31));
  story.end(impatient, wrote(5'000), kNoon + Millis::seconds(40));
  EXPECT_EQ(reasons(story), (std::vector{CacheMiss::kFirst, CacheMiss::kNotYet}));
}

TEST(CacheReportTest, AMarkThatTheProviderMadeNothingOfIsTold) {
  Story story;
  story.whole({.input = Tokens(900), .output = Tokens(10)}, kNoon);
  EXPECT_EQ(reasons(story), std::vector{CacheMiss::kNeverCached});
}

TEST(CacheReportTest, WhatMarksNothingIsLeftOut) {
  Story story;
  story.end(story.begin(kNoon, ""), {.input = Tokens(900), .output = Tokens(10)}, kNoon);
  story.end(story.begin(kNoon), {}, kNoon);  // refused: not billed
  EXPECT_EQ(story.lines(), std::vector<CacheLine>{});
  EXPECT_EQ(cache_text({}), "");
}

}  // namespace
}  // namespace baton
