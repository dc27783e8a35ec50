#include "report/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/ascii.h"
#include "base/text.h"

namespace baton {
namespace {

// Takes the next word off the front of `rest`; empty when there is none.
std::string_view next_word(std::string_view& rest) {
  const auto* const begin = std::find_if_not(rest.begin(), rest.end(), is_space);
  const auto* const end = std::find_if(begin, rest.end(), is_space);
  const std::string_view word(begin, static_cast<std::size_t>(end - begin));
  rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
  return word;
}

void wrap_line(std::string& out, std::string_view line, int width, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  int column = 0;
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    const int length = columns_of(word);
    if (column > 0 && column + 1 + length <= width) {
      out += ' ';
      column += 1 + length;
    } else {
      if (column > 0) out += '\n';
      out += margin;
      column = indent + length;
    }
    out += word;
  }
  out += '\n';
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string safe = for_terminal(text);
  std::string_view rest = safe;
  std::string out;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string wrapped(std::string_view text, int width, int indent) {
  const auto begin = std::find_if_not(text.begin(), text.end(), is_space);
  const auto end =
      std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), is_space).base();
  const std::string safe = for_terminal(std::string(begin, end));
  std::string out;
  for (const std::string_view line : split_lines(safe)) wrap_line(out, line, width, indent);
  return out;
}

std::string hanging(std::string_view head, std::string_view text, int width, int indent) {
  const std::string lines = wrapped(text, width, indent);
  if (lines.empty()) return std::string(head) + "\n";
  return std::string(head) + lines.substr(static_cast<std::size_t>(indent));
}

std::string left(std::string_view text, int width) {
  const int missing = std::max(0, width - columns_of(text));
  return std::string(text).append(static_cast<std::size_t>(missing), ' ');
}

std::string right(std::string_view text, int width) {
  const int missing = std::max(0, width - columns_of(text));
  return std::string(static_cast<std::size_t>(missing), ' ').append(text);
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace baton
