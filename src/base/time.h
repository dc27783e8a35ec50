// Time as a value. Nothing here reads a clock: an Instant arrives inside an event.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

namespace baton {

// A length of time in milliseconds.
class Millis {
 public:
  constexpr Millis() = default;
  explicit constexpr Millis(std::int64_t count) : count_(count) {}
  static constexpr Millis seconds(std::int64_t seconds) { return Millis(seconds * 1000); }
  constexpr std::int64_t count() const { return count_; }
  constexpr Millis operator+(Millis other) const { return Millis(count_ + other.count_); }
  constexpr Millis operator*(std::int64_t factor) const { return Millis(count_ * factor); }
  constexpr auto operator<=>(const Millis&) const = default;

 private:
  std::int64_t count_ = 0;
};

// A point in time: milliseconds since 1970-01-01T00:00:00Z.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_unix_ms(std::int64_t ms) { return Instant(ms); }
  constexpr std::int64_t unix_ms() const { return ms_; }
  constexpr Instant operator+(Millis length) const { return Instant(ms_ + length.count()); }
  constexpr Millis operator-(Instant earlier) const { return Millis(ms_ - earlier.ms_); }
  constexpr auto operator<=>(const Instant&) const = default;

 private:
  explicit constexpr Instant(std::int64_t ms) : ms_(ms) {}
  std::int64_t ms_ = 0;
};

// "2026-11-20" (UTC): what dated prices are compared with.
std::string date_of(Instant at);
// "2026-11-20T18:04:51Z".
std::string timestamp_of(Instant at);
// "850ms", "4.2s", "3m05s", "2h10m".
std::string duration_text(Millis length);

inline std::ostream& operator<<(std::ostream& out, Millis length) {
  return out << length.count() << "ms";
}
inline std::ostream& operator<<(std::ostream& out, Instant at) {
  return out << timestamp_of(at);
}

}  // namespace baton
