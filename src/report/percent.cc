#include "report/percent.h"

#include <fmt/format.h>

#include <cmath>

namespace baton {

std::int64_t per_mille(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return 0;
  // A 64-bit part times 1,000 overflows at $9,223, so the division is split.
  const std::int64_t quotient = part / whole;
  const auto rest = static_cast<long double>(part % whole);
  const auto tenths = std::floor(rest * 1000 / static_cast<long double>(whole));
  return static_cast<std::int64_t>(static_cast<long double>(quotient) * 1000 + tenths);
}

double percent(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(per_mille(part, whole)) / 10;
}

std::string percent_text(std::int64_t per_mille) {
  return fmt::format("{:.1f}%", static_cast<double>(per_mille) / 10);
}

}  // namespace baton
