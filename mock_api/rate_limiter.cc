#include "mock_api/rate_limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace baton::mock_api {

void RateLimiter::Bucket::refill(Instant now) {
  const double minutes = static_cast<double>((now - filled).count()) / 60'000.0;
  level = std::min(limit, level + std::max(0.0, minutes) * limit);
  filled = now;
}

double RateLimiter::Bucket::wait_for(double amount) const {
  if (limit <= 0) return 0;
  const double needed = std::min(amount, limit);
  return level >= needed ? 0 : (needed - level) / limit * 60.0;
}

RateLimiter::Buckets& RateLimiter::buckets(std::string_view rate_class, Instant now) {
  auto found = classes_.find(rate_class);
  if (found == classes_.end()) {
    const auto full = [now](std::int64_t limit) {
      const auto amount = static_cast<double>(limit);
      return Bucket{.limit = amount, .level = amount, .filled = now};
    };
    Buckets fresh{.requests = full(limits_.requests),
                  .input = full(limits_.input_tokens),
                  .output = full(limits_.output_tokens)};
    found = classes_.emplace(std::string(rate_class), fresh).first;
  }
  for (Bucket* bucket : {&found->second.requests, &found->second.input, &found->second.output}) {
    bucket->refill(now);
  }
  return found->second;
}

std::optional<int> RateLimiter::admit(std::string_view rate_class, std::int64_t input_tokens,
                                      Instant now) {
  Buckets& own = buckets(rate_class, now);
  const auto tokens = static_cast<double>(input_tokens);
  // Output is not known before it is made: a request may start as long as any is left.
  const double wait =
      std::max({own.requests.wait_for(1), own.input.wait_for(tokens), own.output.wait_for(1)});
  if (wait > 0) return std::max(1, static_cast<int>(std::ceil(wait)));
  own.requests.level -= 1;
  own.input.level -= tokens;
  return std::nullopt;
}

void RateLimiter::produced(std::string_view rate_class, std::int64_t output_tokens, Instant now) {
  buckets(rate_class, now).output.level -= static_cast<double>(output_tokens);
}

Headers RateLimiter::headers(std::string_view rate_class, Instant now) {
  Headers headers;
  Buckets& own = buckets(rate_class, now);
  const auto tell = [&](std::string_view kind, const Bucket& bucket, double rounding) {
    if (bucket.limit <= 0) return;
    const double left = std::max(0.0, std::floor(bucket.level / rounding + 0.5) * rounding);
    const auto full_in = (bucket.limit - bucket.level) / bucket.limit * 60'000.0;
    const Instant reset = now + Millis(static_cast<std::int64_t>(std::ceil(full_in)));
    const auto add = [&](std::string_view part, std::string value) {
      headers.emplace_back(fmt::format("anthropic-ratelimit-{}-{}", kind, part), std::move(value));
    };
    add("limit", fmt::format("{:.0f}", bucket.limit));
    add("remaining", fmt::format("{:.0f}", kind == "requests" ? std::floor(bucket.level) : left));
    add("reset", timestamp_of(reset));
  };
  tell("requests", own.requests, 1);
  tell("input-tokens", own.input, 1'000);
  tell("output-tokens", own.output, 1'000);
  // "tokens" is the tighter of the two.
  const Bucket* tighter = own.input.limit > 0 ? &own.input : &own.output;
  if (own.input.limit > 0 && own.output.limit > 0 &&
      own.output.level / own.output.limit < own.input.level / own.input.limit) {
    tighter = &own.output;
  }
  tell("tokens", *tighter, 1'000);
  return headers;
}

}  // namespace baton::mock_api
