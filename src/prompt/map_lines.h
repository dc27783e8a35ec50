// What the maps of a repository are written with: lines of names that come from outside, added
// until a budget is used up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/tokens.h"
#include "prompt/repo_map.h"

namespace baton {

// The most bytes that estimated_tokens() finds to be within the budget.
std::size_t bytes_within(Tokens budget);

// A name as one line, whatever it holds.
std::string in_one_line(std::string_view name);

std::int64_t kib(std::int64_t bytes);

// "12-80", "12"
std::string shown(const LineRange& range);

// "  class Journal 20-88\n"
std::string line_of(const Symbol& symbol);

// Room for lines, taken until a limit is reached.
class Section {
 public:
  explicit Section(std::size_t limit) : room_(limit) {}

  bool reserve(std::size_t bytes) {
    if (bytes > room_) return false;
    room_ -= bytes;
    return true;
  }
  std::size_t room() const { return room_; }

 private:
  std::size_t room_;
};

}  // namespace baton
