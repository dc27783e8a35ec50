// The words of an enum, read back by the switch that writes them, so that a new value is named in
// one place.
#pragma once

#include <optional>
#include <string_view>

namespace baton {

// The value whose to_string() is `word`. Requires of Enum: values 0, 1, 2, … without a gap, and a
// to_string() that is empty for what lies behind the last.
template <typename Enum>
std::optional<Enum> value_named(std::string_view word) {
  if (word.empty()) return std::nullopt;
  for (int number = 0;; ++number) {
    const std::string_view name = to_string(static_cast<Enum>(number));
    if (name == word) return static_cast<Enum>(number);
    if (name.empty()) return std::nullopt;
  }
}

}  // namespace baton
