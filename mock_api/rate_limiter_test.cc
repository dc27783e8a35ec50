#include "mock_api/rate_limiter.h"

#include <boost/json.hpp>
#include <set>

#include "mock_api/models.h"

namespace baton::mock_api {
namespace {

const Instant kNoon = Instant::from_unix_ms(1'800'000'000'000);

TEST(RateLimiterTest, ABucketRefillsContinuouslyOverAMinute) {
  RateLimiter limiter({.all = {.requests = 2}});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), 30);
  EXPECT_EQ(limiter.admit("haiku-4-5", 0, kNoon), std::nullopt) << "a class of its own";
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon + Millis::seconds(30)), std::nullopt);
}

TEST(RateLimiterTest, OutputIsTakenAfterItIsMade) {
  RateLimiter limiter({.all = {.output_tokens = 600}});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  limiter.produced("opus-4", 1'200, kNoon);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), 61);
}

TEST(RateLimiterTest, HeadersTellLimitRestAndReset) {
  RateLimiter limiter({.all = {.requests = 60, .input_tokens = 60'000}});
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

TEST(RateLimiterTest, AClassMayHaveLimitsOfItsOwn) {
  RateLimiter limiter({.all = {.requests = 1}, .named = {{"opus-4", {.requests = 2}}}});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("sonnet-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("sonnet-4", 0, kNoon), 60);
}

TEST(RateLimiterTest, AShorterBurstHoldsLessAndRefillsAsFast) {
  RateLimiter limiter({.all = {.requests = 60}, .burst_seconds = 2});
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon), 1);
  EXPECT_EQ(limiter.admit("opus-4", 0, kNoon + Millis::seconds(1)), std::nullopt);
}

// A client that waits exactly as long as it was told is let in, and not a second earlier.
TEST(RateLimiterTest, TheWaitItTellsIsExact) {
  for (const std::int64_t tokens : {1, 999, 30'000, 59'999, 60'000, 90'000}) {
    SCOPED_TRACE(tokens);
    RateLimiter limiter({.all = {.input_tokens = 60'000}});
    limiter.admit("opus-4", 60'000, kNoon);
    const std::optional<int> wait = limiter.admit("opus-4", tokens, kNoon);
    ASSERT_TRUE(wait);
    EXPECT_NE(limiter.admit("opus-4", tokens, kNoon + Millis::seconds(*wait - 1)), std::nullopt);
    EXPECT_EQ(limiter.admit("opus-4", tokens, kNoon + Millis::seconds(*wait)), std::nullopt);
  }
}

TEST(RateLimiterTest, ModelsOfOneGenerationShareTheirBuckets) {
  std::map<std::string_view, std::string_view> classes;
  for (const Model& model : all_models()) classes[model.id] = model.rate_class;
  EXPECT_EQ(classes["claude-opus-4-5"], classes["claude-opus-4-8"]);
  EXPECT_EQ(classes["claude-opus-4-6"], classes["claude-opus-4-7"]);
  EXPECT_EQ(classes["claude-sonnet-4-5"], classes["claude-sonnet-4-6"]);
  const std::set<std::string_view> all = [&] {
    std::set<std::string_view> names;
    for (const auto& [id, name] : classes) names.insert(name);
    return names;
  }();
  EXPECT_EQ(all.size(), classes.size() - 4) << "all others have their own";
}

TEST(RateLimiterTest, UseIsMeasuredAgainstTheFirstFillAndWhatFlowedInSince) {
  RateLimiter limiter({.all = {.input_tokens = 60'000}});
  limiter.admit("opus-4", 60'000, kNoon);
  limiter.admit("opus-4", 60'000, kNoon + Millis::seconds(30));
  limiter.admit("opus-4", 60'000, kNoon + Millis::seconds(60));
  const auto told = boost::json::parse(limiter.to_json()).at("opus-4");
  EXPECT_EQ(told.at("admitted").as_int64(), 2);
  EXPECT_EQ(told.at("refused").as_int64(), 1);
  EXPECT_EQ(told.at("input_tokens").at("allowed").as_double(), 120'000);
  EXPECT_EQ(told.at("input_tokens").at("used").as_double(), 120'000);
  EXPECT_EQ(told.at("input_tokens").at("share").as_double(), 1);
  EXPECT_TRUE(told.at("requests").at("limit_per_minute").is_null());
}

}  // namespace
}  // namespace baton::mock_api
