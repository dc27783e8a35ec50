#include "forecast/compare.h"

#include <cmath>

#include "forecast/fleet_math.h"

namespace baton {
namespace {

constexpr int kDaysOfAMonth = 30;

}  // namespace

std::optional<double> percent_of_base(Money part, Money whole) {
  if (whole <= Money()) return std::nullopt;
  // A 64-bit part times 1,000 overflows; 64 bits of mantissa are enough for one decimal.
  const auto share =
      static_cast<long double>(part.picodollars()) / static_cast<long double>(whole.picodollars());
  return static_cast<double>(std::round(share * 1000)) / 10;
}

std::optional<Projection> projected(Money of_one_run, int runs_per_month) {
  const std::optional<Money> monthly = times(of_one_run, runs_per_month);
  if (!monthly) return std::nullopt;
  return Projection{.daily = Money::pico(share_of(monthly->picodollars(), 1, kDaysOfAMonth)),
                    .monthly = *monthly};
}

}  // namespace baton
