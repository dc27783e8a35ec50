#include "provider/rate_limits.h"

#include <gtest/gtest.h>

#include "provider/wire_time.h"

namespace baton {
namespace {

constexpr Instant kNow = Instant::from_unix_ms(1'795'197'891'000);  // 2026-11-20T18:04:51Z

TEST(RateLimitsTest, EachLimitIsReadWithWhatIsLeftAndWhenItIsFull) {
  const HttpHeaders headers{{"content-type", "text/event-stream"},
                            {"anthropic-ratelimit-requests-limit", "1000"},
                            {"anthropic-ratelimit-requests-remaining", "999"},
                            {"anthropic-ratelimit-requests-reset", "2026-11-20T18:04:52Z"},
                            {"anthropic-ratelimit-input-tokens-limit", "2000000"},
                            {"anthropic-ratelimit-input-tokens-remaining", "0"},
                            {"anthropic-ratelimit-output-tokens-limit", "400000"},
                            {"anthropic-ratelimit-tokens-limit", "7"},
                            {"anthropic-priority-input-tokens-limit", "7"}};
  EXPECT_EQ(rate_limits(headers, kNow),
            (RateLimits{.requests = {.limit = 1000, .remaining = 999, .reset = kNow + Millis(1000)},
                        .input = {.limit = 2'000'000, .remaining = 0},
                        .output = {.limit = 400'000}}));
  EXPECT_EQ(rate_limits({}, kNow), RateLimits{});
}

TEST(RateLimitsTest, WhatCannotBeMeantIsNotSaid) {
  for (const char* odd :
       {"", "-1", "0", "12x", " 12", "1e9", "99999999999999999999", "9000000000000000000"}) {
    EXPECT_EQ(rate_limits({{"anthropic-ratelimit-requests-limit", odd}}, kNow), RateLimits{})
        << odd;
  }
  for (const char* odd : {"", "soon", "2027-11-20T18:04:52Z"}) {
    EXPECT_EQ(rate_limits({{"anthropic-ratelimit-requests-reset", odd}}, kNow), RateLimits{})
        << odd;
  }
  EXPECT_EQ(rate_limits({{"anthropic-ratelimit-requests", "5"},
                         {"anthropic-ratelimit-", "5"},
                         {"anthropic-ratelimit-limit", "5"}},
                        kNow),
            RateLimits{});
}

TEST(WireTimeTest, TimesAreReadWithFractionsAndOffsets) {
  EXPECT_EQ(wire_time("2026-11-20T18:04:51Z"), kNow);
  EXPECT_EQ(wire_time("2026-11-20T18:04:51.25Z"), kNow + Millis(250));
  EXPECT_EQ(wire_time("2026-11-20T18:04:51.123456+00:00"), kNow + Millis(123));
  EXPECT_EQ(wire_time("2026-11-20T17:04:51-01:00"), kNow);
  EXPECT_EQ(wire_time("2026-11-20T19:34:51+01:30"), kNow);
  for (const char* odd :
       {"", "2026-11-20", "2026-11-20T18:04:51", "2026-02-30T18:04:51Z", "2026-13-01T18:04:51Z",
        "2026-11-20T24:04:51Z", "2026-11-20T18:60:51Z", "2026-11-20T18:04:61Z",
        "2026-11-20T18:04:51.Z", "2026-11-20T18:04:51ZZ", "1969-11-20T18:04:51Z",
        "2026-11-20T18:04:51+1:00", "99999-11-20T18:04:51Z"}) {
    EXPECT_EQ(wire_time(odd), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace baton
