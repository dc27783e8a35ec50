#include "change/unified_diff_hunk.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace baton::diff {
namespace {

// A side of a hunk as its header promises it: "12,3", or "12" for one line.
struct Span {
  int first = 0;
  int count = 1;
};

struct HunkHeader {
  Span old_side;
  Span new_side;
  std::string_view section;
};

std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<Span> take_span(std::string_view& text) {
  Span span;
  const std::optional<int> first = take_number(text);
  if (!first) return std::nullopt;
  span.first = *first;
  if (take(text, ",")) {
    const std::optional<int> count = take_number(text);
    if (!count) return std::nullopt;
    span.count = *count;
  }
  const bool fits = span.count < std::numeric_limits<int>::max() - span.first;
  const bool starts = span.count == 0 || span.first > 0;
  if (!fits || !starts) return std::nullopt;
  return span;
}

std::optional<HunkHeader> hunk_header(std::string_view line) {
  if (!take(line, "@@ -")) return std::nullopt;
  const std::optional<Span> old_side = take_span(line);
  if (!old_side || !take(line, " +")) return std::nullopt;
  const std::optional<Span> new_side = take_span(line);
  if (!new_side || !take(line, " @@")) return std::nullopt;
  take(line, " ");
  return HunkHeader{*old_side, *new_side, line};
}

// Whether a line of a hunk stands where the hunk should have ended. ("-- " begins the signature
// of a mail, "---" another file.)
bool goes_on(std::string_view line) {
  if (line == "--" || line == "-- " || line.starts_with("--- ")) return false;
  return line.starts_with('+') || line.starts_with('-') || line.starts_with(' ');
}

HunkLine::Kind kind_of(char mark) {
  if (mark == '+') return HunkLine::Kind::kAdded;
  return mark == '-' ? HunkLine::Kind::kRemoved : HunkLine::Kind::kContext;
}

std::string clean(std::string_view line, bool& not_utf8) {
  if (is_utf8(line)) return std::string(line);
  not_utf8 = true;
  return to_utf8(line);
}

Result<Hunk> read_hunk(Lines& lines, const HunkHeader& header, bool& not_utf8) {
  const std::size_t start = lines.at++;
  Hunk hunk{header.old_side.first, header.new_side.first, to_utf8(header.section), {}};
  int old_left = header.old_side.count;
  int new_left = header.new_side.count;
  const auto contradiction = [&](std::string_view found) {
    return lines.error_here(
        fmt::format("{} where the hunk of line {} promises {} more old and {} more new lines",
                    found, start + 1, old_left, new_left));
  };
  for (; old_left > 0 || new_left > 0; ++lines.at) {
    if (lines.at_end()) return contradiction("the diff ends");
    const std::string_view line = lines.here();
    if (line.starts_with('\\')) continue;  // "\ No newline at end of file"
    // Mailers and editors take the space off an empty line of context.
    const char mark = line.empty() ? ' ' : line.front();
    if (mark != ' ' && mark != '+' && mark != '-') return contradiction("another kind of line");
    if (mark != '+' && --old_left < 0) return contradiction("a further old line");
    if (mark != '-' && --new_left < 0) return contradiction("a further new line");
    hunk.lines.push_back({kind_of(mark), clean(line.empty() ? line : line.substr(1), not_utf8)});
  }
  while (lines.here().starts_with('\\')) ++lines.at;
  if (goes_on(lines.here())) return contradiction("a further line");
  return hunk;
}

}  // namespace

bool looks_like_hunk(std::string_view line) {
  return line.starts_with("@@ -") && line.size() > 4 && line[4] >= '0' && line[4] <= '9';
}

Result<std::vector<Hunk>> read_hunks(Lines& lines, bool& not_utf8) {
  std::vector<Hunk> hunks;
  int next_line = 1;  // of the new side: what a hunk may begin with
  while (looks_like_hunk(lines.here())) {
    const std::optional<HunkHeader> header = hunk_header(lines.here());
    if (!header) {
      return lines.error_here(fmt::format("not a hunk header, or its numbers are out of range: {}",
                                          shorten(to_utf8(lines.here()), 80)));
    }
    const int first = header->new_side.first + (header->new_side.count == 0 ? 1 : 0);
    if (first < next_line) {
      return lines.error_here(fmt::format(
          "the hunk begins at line {} of the file, which the hunk before it has passed", first));
    }
    next_line = first + header->new_side.count;
    Result<Hunk> hunk = read_hunk(lines, *header, not_utf8);
    if (!hunk) return hunk.error();
    hunks.push_back(std::move(*hunk));
  }
  if (hunks.empty()) return lines.error_here("a hunk (\"@@ -…\") must follow the file header");
  return hunks;
}

}  // namespace baton::diff
