#include "worker/names.h"

#include <fmt/format.h>

#include <algorithm>
namespace baton {

std::string objection_to_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.empty()) return "is empty";
  if (name.size() > kLongest) return fmt::format("is longer than {} characters", kLongest);
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return c == '-' || (is_ascii_alnum(c) && !(c >= 'A' && c <= 'Z'));
  });
  if (!is_plain) return "has something else than small letters, digits and hyphens";
  if (name.front() == '-') return "begins with a hyphen";
  return {};
}

std::string one_paragraph(std::string_view text) {
  std::string result;
  bool space_is_due = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      space_is_due = !result.empty();
      continue;
    }
    if (space_is_due) result += ' ';
    space_is_due = false;
    result += c;
  }
  return result;
}

}  // namespace baton
