#include "provider/rate_limits.h"

#include <algorithm>
#include <charconv>

#include "provider/wire_time.h"

namespace baton {
namespace {

constexpr std::string_view kPrefix = "anthropic-ratelimit-";
constexpr std::int64_t kMostPerMinute = 1'000'000'000'000;
constexpr Millis kFurthestReset = Millis::seconds(24 * 3600);

std::optional<std::int64_t> count_in(std::string_view text, std::int64_t least) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (count < least || count > kMostPerMinute) return std::nullopt;
  return count;
}

LimitReading* reading_of(RateLimits& limits, std::string_view name) {
  if (name == "requests") return &limits.requests;
  if (name == "input-tokens") return &limits.input;
  if (name == "output-tokens") return &limits.output;
  return nullptr;
}

}  // namespace

RateLimits rate_limits(const HttpHeaders& headers, Instant now) {
  RateLimits limits;
  for (const auto& [key, value] : headers) {
    std::string_view name = key;
    if (!name.starts_with(kPrefix)) continue;
    name.remove_prefix(kPrefix.size());
    const std::size_t dash = std::min(name.rfind('-'), name.size());
    LimitReading* reading = reading_of(limits, name.substr(0, dash));
    if (reading == nullptr) continue;
    const std::string_view field = name.substr(dash);
    if (field == "-limit") {
      reading->limit = count_in(value, 1);
    } else if (field == "-remaining") {
      reading->remaining = count_in(value, 0);
    } else if (field == "-reset") {
      reading->reset = wire_time(value);
      if (reading->reset && *reading->reset > now + kFurthestReset) reading->reset.reset();
    }
  }
  return limits;
}

}  // namespace baton
