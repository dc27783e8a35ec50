// Tokens: a count of model tokens. Counts of different models do not compare: a tokenizer is the
// model's own.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>

namespace baton {

class Tokens {
 public:
  constexpr Tokens() = default;
  explicit constexpr Tokens(std::int64_t count) : count_(count) {}
  constexpr std::int64_t count() const { return count_; }
  constexpr Tokens operator+(Tokens other) const { return Tokens(count_ + other.count_); }
  constexpr Tokens operator-(Tokens other) const { return Tokens(count_ - other.count_); }
  constexpr Tokens& operator-=(Tokens other) { return *this = *this - other; }
  constexpr Tokens& operator+=(Tokens other) { return *this = *this + other; }
  constexpr auto operator<=>(const Tokens&) const = default;

 private:
  std::int64_t count_ = 0;
};

inline std::ostream& operator<<(std::ostream& out, Tokens tokens) {
  return out << tokens.count() << " tokens";
}

}  // namespace baton
