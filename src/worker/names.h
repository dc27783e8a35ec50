// Names and one-line texts of workers and skills.
#pragma once

#include <string>
#include <string_view>

namespace baton {

constexpr bool is_ascii_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What is wrong with it as a worker's or a skill's name; empty: nothing. A name is at most 64 small
// letters, digits and hyphens, and does not begin with a hyphen.
std::string objection_to_name(std::string_view name);

// Every run of white space becomes one space, none at the ends.
std::string one_paragraph(std::string_view text);

}  // namespace baton
