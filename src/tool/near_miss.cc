#include "tool/near_miss.h"

#include <fmt/format.h>

#include <vector>

#include "base/text.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::size_t kMostLinesShown = 12;
constexpr std::size_t kMostBytesShown = 2000;
constexpr std::size_t kMostWork = 20'000'000;  // comparisons of lines: well below a second

// A line with each run of white space as one space, none at its ends.
std::string squeezed(std::string_view line) {
  std::string out;
  for (const char c : line) {
    const bool is_space = c == ' ' || c == '\t' || c == '\r';
    if (!is_space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::vector<std::string> squeezed_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split_lines(text)) lines.push_back(squeezed(line));
  return lines;
}

void drop_empty_ends(std::vector<std::string>& lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::size_t empty = 0;
  while (empty < lines.size() && lines[empty].empty()) ++empty;
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(empty));
}

struct Best {
  std::size_t line = 0;   // of the text, from 0
  std::size_t equal = 0;  // lines that are the same from there on
};

Best best_place(const std::vector<std::string>& lines, const std::vector<std::string>& wanted) {
  Best best;
  std::size_t work = 0;
  for (std::size_t at = 0; at < lines.size() && work < kMostWork; ++at) {
    std::size_t equal = 0;
    while (equal < wanted.size() && at + equal < lines.size() &&
           lines[at + equal] == wanted[equal]) {
      ++equal;
    }
    work += equal + 1;
    if (equal > best.equal) best = {at, equal};
  }
  return best;
}

// The lines as they are, for being copied.
std::string quoted_lines(std::string_view text, std::size_t from, std::size_t count) {
  const std::vector<std::string_view> lines = split_lines(text);
  std::string quoted;
  for (std::size_t i = from; i < from + std::min(count, kMostLinesShown); ++i) {
    quoted += fmt::format("{}\n", lines[i]);
  }
  return to_utf8(shorten(quoted, kMostBytesShown));
}

}  // namespace

std::string near_miss(std::string_view text, std::string_view wanted) {
  const std::vector<std::string> lines = squeezed_lines(text);
  std::vector<std::string> parts = squeezed_lines(wanted);
  drop_empty_ends(parts);
  if (parts.empty()) return "";
  const Best best = best_place(lines, parts);
  if (best.equal == parts.size()) {
    return fmt::format("Lines {}-{} differ from it in white space only; they are:\n{}",
                       best.line + 1, best.line + best.equal,
                       quoted_lines(text, best.line, best.equal));
  }
  if (best.equal > 0) {
    const std::size_t differs = best.line + best.equal;
    return fmt::format("Its first {} at line {}, but then line {} is `{}` instead of `{}`.",
                       best.equal == 1 ? "line is" : fmt::format("{} lines are", best.equal),
                       best.line + 1, differs + 1,
                       differs < lines.size() ? shown(lines[differs]) : "the end of the file",
                       shown(parts[best.equal]));
  }
  return "";
}

}  // namespace baton
