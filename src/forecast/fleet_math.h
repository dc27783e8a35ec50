// Sums of many calls that may be larger than any amount Money can hold.
#pragma once

#include <cstdint>
#include <optional>

#include "base/money.h"

namespace baton {

inline std::optional<Money> sum_of(Money a, Money b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.picodollars(), b.picodollars(), &sum)) return std::nullopt;
  return Money::pico(sum);
}

inline std::optional<Money> times(Money amount, std::int64_t count) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(amount.picodollars(), count, &product)) return std::nullopt;
  return Money::pico(product);
}

// `parts` of `whole` equal parts of `count`, rounded up. Split, so that it does not overflow.
inline std::int64_t share_of(std::int64_t count, std::int64_t parts, std::int64_t whole) {
  return count / whole * parts + (count % whole * parts + whole - 1) / whole;
}

}  // namespace baton
