#include "mock_api/rate_limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace baton::mock_api {

void RateLimiter::Bucket::refill(Instant now) {
  const double minutes = static_cast<double>((now - filled).count()) / 60'000.0;
  level = std::min(capacity, level + std::max(0.0, minutes) * limit);
  filled = std::max(filled, now);
}

void RateLimiter::Bucket::take(double amount) {
  level -= amount;
  used += amount;
}

double RateLimiter::Bucket::wait_for(double amount) const {
  if (limit <= 0) return 0;
  const double needed = std::min(amount, capacity);
  return level >= needed ? 0 : (needed - level) / limit * 60.0;
}

RateLimiter::Class& RateLimiter::filled(std::string_view rate_class, Instant now) {
  auto found = classes_.find(rate_class);
  if (found == classes_.end()) {
    const auto named = limits_.named.find(rate_class);
    const ClassLimits& limits = named == limits_.named.end() ? limits_.all : named->second;
    const auto full = [&](std::int64_t limit) {
      const auto a_minute = static_cast<double>(limit);
      // A bucket that cannot hold one whole request would let none through.
      const double capacity =
          limit == 0 ? 0 : std::max(1.0, a_minute * limits_.burst_seconds / 60.0);
      return Bucket{.limit = a_minute, .capacity = capacity, .level = capacity, .filled = now};
    };
    Class fresh{.requests = full(limits.requests),
                .input = full(limits.input_tokens),
                .output = full(limits.output_tokens)};
    found = classes_.emplace(std::string(rate_class), fresh).first;
  }
  Class& own = found->second;
  for (Bucket* bucket : {&own.requests, &own.input, &own.output}) bucket->refill(now);
  return own;
}

std::optional<int> RateLimiter::admit(std::string_view rate_class, std::int64_t input_tokens,
                                      Instant now) {
  Class& own = filled(rate_class, now);
  if (own.admitted + own.refused == 0) own.since = now;
  own.last = std::max(own.last, now);
  const auto tokens = static_cast<double>(input_tokens);
  // Output is not known before it is made: a request may start as long as any is left.
  const double wait =
      std::max({own.requests.wait_for(1), own.input.wait_for(tokens), own.output.wait_for(1)});
  if (wait > 0) {
    ++own.refused;
    return std::max(1, static_cast<int>(std::ceil(wait)));
  }
  ++own.admitted;
  own.requests.take(1);
  own.input.take(tokens);
  return std::nullopt;
}

void RateLimiter::produced(std::string_view rate_class, std::int64_t output_tokens, Instant now) {
  Class& own = filled(rate_class, now);
  own.output.take(static_cast<double>(output_tokens));
  own.last = std::max(own.last, now);
}

std::string RateLimiter::to_json() const {
  boost::json::object classes;
  for (const auto& [name, own] : classes_) {
    const double minutes = static_cast<double>((own.last - own.since).count()) / 60'000.0;
    const auto told = [minutes](const Bucket& bucket) -> boost::json::object {
      if (bucket.limit <= 0) {
        return {{"limit_per_minute", nullptr},
                {"burst", nullptr},
                {"allowed", nullptr},
                {"used", bucket.used},
                {"share", nullptr}};
      }
      const double allowed = bucket.capacity + minutes * bucket.limit;
      return {{"limit_per_minute", bucket.limit},
              {"burst", bucket.capacity},
              {"allowed", allowed},
              {"used", bucket.used},
              {"share", bucket.used / allowed}};
    };
    classes[name] = {{"since_ms", own.since.unix_ms()},  {"last_ms", own.last.unix_ms()},
                     {"admitted", own.admitted},         {"refused", own.refused},
                     {"requests", told(own.requests)},   {"input_tokens", told(own.input)},
                     {"output_tokens", told(own.output)}};
  }
  return boost::json::serialize(classes);
}

Headers RateLimiter::headers(std::string_view rate_class, Instant now) {
  Headers headers;
  Class& own = filled(rate_class, now);
  const auto tell = [&](std::string_view kind, const Bucket& bucket, double rounding) {
    if (bucket.limit <= 0) return;
    const double left = std::max(0.0, std::floor(bucket.level / rounding + 0.5) * rounding);
    const auto full_in = (bucket.capacity - bucket.level) / bucket.limit * 60'000.0;
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
