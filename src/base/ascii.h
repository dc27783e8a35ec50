// White space and letters of ASCII, whatever the locale.
#pragma once

#include <string_view>

namespace baton {

inline constexpr std::string_view kSpaces = " \t\r\n";

constexpr bool is_space(char c) {
  return kSpaces.find(c) != kSpaces.npos;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Without the white space around it.
constexpr std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

}  // namespace baton
