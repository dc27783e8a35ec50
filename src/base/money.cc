#include "base/money.h"

#include <fmt/format.h>

#include <ostream>

#include "base/check.h"

namespace baton {
namespace {

constexpr int kDecimals = 12;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Money Money::operator+(Money other) const {
  std::int64_t sum = 0;
  BATON_CHECK(!__builtin_add_overflow(pico_, other.pico_, &sum));
  return Money(sum);
}

Money Money::operator-(Money other) const {
  std::int64_t difference = 0;
  BATON_CHECK(!__builtin_sub_overflow(pico_, other.pico_, &difference));
  return Money(difference);
}

Money Money::operator*(std::int64_t count) const {
  std::int64_t product = 0;
  BATON_CHECK(!__builtin_mul_overflow(pico_, count, &product));
  return Money(product);
}

Result<Money> Money::parse(std::string_view dollars) {
  const auto refuse = [&] {
    return input_error(fmt::format(
        "'{}' is not an amount in dollars: expected digits with at most {} decimals, such as 2.50",
        dollars, kDecimals));
  };
  std::string_view rest = dollars;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  const std::size_t dot = rest.find('.');
  const std::string_view whole = rest.substr(0, dot);
  const std::string_view decimals = dot == rest.npos ? "" : rest.substr(dot + 1);
  if (whole.empty() || decimals.size() > kDecimals || (dot != rest.npos && decimals.empty()))
    return refuse();

  std::int64_t pico = 0;
  const auto push = [&](char digit) {
    return is_digit(digit) && !__builtin_mul_overflow(pico, std::int64_t{10}, &pico) &&
           !__builtin_add_overflow(pico, std::int64_t{digit - '0'}, &pico);
  };
  for (const char digit : whole) {
    if (!push(digit)) return refuse();
  }
  for (int place = 0; place < kDecimals; ++place) {
    if (!push(static_cast<std::size_t>(place) < decimals.size()
                  ? decimals[static_cast<std::size_t>(place)]
                  : '0')) {
      return refuse();
    }
  }
  return Money(negative ? -pico : pico);
}

std::string Money::to_string() const {
  const bool negative = pico_ < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(pico_) : static_cast<std::uint64_t>(pico_);
  constexpr auto kUnit = static_cast<std::uint64_t>(kPicoPerDollar);
  std::string text =
      fmt::format("{}{}.{:012}", negative ? "-" : "", magnitude / kUnit, magnitude % kUnit);
  const std::size_t shortest = text.size() - (kDecimals - 2);
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return text;
}

std::string Money::to_display() const {
  if (pico_ < 0) return "-" + (Money() - *this).to_display();
  if (pico_ == 0) return "$0.00";
  constexpr std::int64_t kCent = kPicoPerDollar / 100;
  constexpr std::int64_t kHundredthOfCent = kCent / 100;
  if (pico_ < kHundredthOfCent) return "<$0.0001";
  if (pico_ < kPicoPerDollar) {
    const std::int64_t units = (pico_ + kHundredthOfCent / 2) / kHundredthOfCent;
    return fmt::format("${}.{:04}", units / 10'000, units % 10'000);
  }
  const std::int64_t cents = pico_ / kCent + (pico_ % kCent >= kCent / 2 ? 1 : 0);
  return fmt::format("${}.{:02}", cents / 100, cents % 100);
}

std::ostream& operator<<(std::ostream& out, Money money) {
  return out << '$' << money.to_string();
}

}  // namespace baton
