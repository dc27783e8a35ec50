#include "prompt/map_lines.h"

#include <fmt/format.h>

#include "base/text.h"

namespace baton {

std::size_t bytes_within(Tokens budget) {
  return budget < Tokens(1) ? 0 : static_cast<std::size_t>(budget.count()) * 4 - 1;
}

std::string in_one_line(std::string_view name) {
  std::string line = shorten(to_utf8(name), 300);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') c = '?';
  }
  return line;
}

std::int64_t kib(std::int64_t bytes) {
  return (bytes + 1023) / 1024;
}

std::string shown(const LineRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

std::string line_of(const Symbol& symbol) {
  return fmt::format("  {} {} {}\n", in_one_line(symbol.kind), in_one_line(symbol.name),
                     shown(symbol.lines));
}

}  // namespace baton
