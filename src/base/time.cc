#include "base/time.h"

#include <fmt/format.h>

#include <ctime>

namespace baton {
namespace {

std::tm utc(Instant at) {
  // Floor, so that an instant before 1970 still belongs to its own second.
  std::int64_t seconds = at.unix_ms() / 1000;
  if (at.unix_ms() % 1000 < 0) --seconds;
  const auto clock = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&clock, &parts);
  return parts;
}

}  // namespace

std::string date_of(Instant at) {
  const std::tm t = utc(at);
  return fmt::format("{:04}-{:02}-{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
}

std::string timestamp_of(Instant at) {
  const std::tm t = utc(at);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date_of(at), t.tm_hour, t.tm_min, t.tm_sec);
}

std::string duration_text(Millis length) {
  const std::int64_t ms = length.count();
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return fmt::format("{}.{}s", ms / 1000, ms % 1000 / 100);
  if (ms < 3'600'000) return fmt::format("{}m{:02}s", ms / 60'000, ms % 60'000 / 1000);
  return fmt::format("{}h{:02}m", ms / 3'600'000, ms % 3'600'000 / 60'000);
}

}  // namespace baton
