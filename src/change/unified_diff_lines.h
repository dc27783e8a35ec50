// The lines of a diff, and the place where its reader stands.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace baton::diff {

struct Lines {
  std::vector<std::string_view> all;
  std::size_t at = 0;

  bool at_end() const { return at == all.size(); }
  // Empty at the end.
  std::string_view here() const { return at_end() ? std::string_view() : all[at]; }
  bool next_starts(std::string_view with) const {
    return at + 1 < all.size() && all[at + 1].starts_with(with);
  }
  // kInput, with the number of the line.
  Error error_here(std::string_view what) const {
    return input_error(fmt::format("line {}: {}", at + 1, what));
  }
};

// Takes `expected` off the front of `text`, if it stands there.
inline bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace baton::diff
