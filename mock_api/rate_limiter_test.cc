#include "mock_api/rate_limiter.h"

namespace baton::mock_api {
namespace {

const Instant kNoon = Instant::from_unix_ms(1'800'000'000'000);

TEST(RateLimiterTest, ABucketRefillsContinuouslyOverAMinute) {
  RateLimiter limiter({.requests = 2});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), 30);
  EXPECT_EQ(limiter.admit("haiku-4-5", 0, kNoon), std::nullopt) << "a class of its own";
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon + Millis::seconds(30)), std::nullopt);
}

TEST(RateLimiterTest, OutputIsTakenAfterItIsMade) {
  RateLimiter limiter({.output_tokens = 600});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  limiter.produced("opus-4", 1'200, kNoon);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), 61);
}

TEST(RateLimiterTest, HeadersTellLimitRestAndReset) {
  RateLimiter limiter({.requests = 60, .input_tokens = 60'000});
  limiter.admit("opus-4", 30'400, kNoon);
  EXPECT_EQ(
      limiter.headers("opus-4", kNoon),
      (Headers{{"anthropic-ratelimit-requests-limit", "60"},
               {"anthropic-ratelimit-requests-remaining", "59"},
               {"anthropic-ratelimit-requests-reset", timestamp_of(kNoon + Millis(1'000))},
               {"anthropic-ratelimit-input-tokens-limit", "60000"},
               {"anthropic-ratelimit-input-tokens-remaining", "30000"},
               {"anthropic-ratelimit-input-tokens-reset", timestamp_of(kNoon + Millis(30'400))},
               {"anthropic-ratelimit-tokens-limit", "60000"},
               {"anthropic-ratelimit-tokens-remaining", "30000"},
               {"anthropic-ratelimit-tokens-reset", timestamp_of(kNoon + Millis(30'400))}}));
}

}  // namespace
}  // namespace baton::mock_api
