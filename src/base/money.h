// Money: an amount in US dollars, exact to the picodollar (1 USD = 10^12), so that any price per
// million tokens times any count of tokens is a whole number. Range: about ±9.2 million dollars; an
// operation that would leave it stops the process (see check.h) rather than wrap.
#pragma once

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/tokens.h"

namespace baton {

class Money {
 public:
  constexpr Money() = default;
  static constexpr Money pico(std::int64_t picodollars) { return Money(picodollars); }
  static Money dollars(std::int64_t whole) { return Money(kPicoPerDollar) * whole; }
  static Money cents(std::int64_t cents) { return Money(kPicoPerDollar / 100) * cents; }

  // Reads "12", "0.25" or "-3.000000000001"; at most 12 decimals. No sign but '-', no exponent.
  static Result<Money> parse(std::string_view dollars);

  constexpr std::int64_t picodollars() const { return pico_; }
  Money operator+(Money other) const;
  Money operator-(Money other) const;
  Money operator*(std::int64_t count) const;
  Money& operator+=(Money other) { return *this = *this + other; }
  Money& operator-=(Money other) { return *this = *this - other; }
  constexpr auto operator<=>(const Money&) const = default;

  // Exact, for JSON: dollars with at least two and at most twelve decimals, "0.00",
  // "1.250000000001".
  std::string to_string() const;
  // For people: "$0.00", "$1.25"; below one dollar four decimals, and "<$0.0001" for what would
  // show as nothing.
  std::string to_display() const;

  static constexpr std::int64_t kPicoPerDollar = 1'000'000'000'000;

 private:
  explicit constexpr Money(std::int64_t pico) : pico_(pico) {}
  std::int64_t pico_ = 0;
};

inline Money operator*(Money price_per_token, Tokens tokens) {
  return price_per_token * tokens.count();
}
std::ostream& operator<<(std::ostream& out, Money money);  // what a failed test prints

}  // namespace baton
