#include "prompt/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"

namespace baton {
namespace {

// A line longer than this says nothing more by its rest.
constexpr std::size_t kLongestLine = 2'000;

void put_line(std::string& out, int number, char mark, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{:>6}|{} {}\n", number, mark,
                 shorten(text, kLongestLine));
}

void put_removed(std::string& out, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "      |- {}\n", shorten(text, kLongestLine));
}

std::string title_of(const ChangedFile& file) {
  const std::string renamed = file.state == ChangedFile::State::kRenamed
                                  ? fmt::format(", was {}", file.old_path)
                                  : std::string();
  return fmt::format("{} ({}{}, {} lines)", file.path, to_string(file.state), renamed,
                     file.line_count());
}

// What the change did around each line of the new side.
struct Marks {
  std::set<int> added;
  std::map<int, std::vector<std::string_view>> removed_before;  // by the new side's next line
};

Marks marks_of(const ChangedFile& file) {
  Marks marks;
  for (const Hunk& hunk : file.hunks) {
    int line = hunk.new_first;
    for (const HunkLine& entry : hunk.lines) {
      if (entry.kind == HunkLine::Kind::kRemoved) {
        marks.removed_before[line].push_back(entry.text);
        continue;
      }
      if (entry.kind == HunkLine::Kind::kAdded) marks.added.insert(line);
      ++line;
    }
  }
  return marks;
}

void put_range(std::string& out, const LineRange& range, const std::vector<std::string_view>& lines,
               const Marks& marks) {
  const int last = std::min(range.last, static_cast<int>(lines.size()));
  for (int number = std::max(1, range.first); number <= last; ++number) {
    if (const auto removed = marks.removed_before.find(number);
        removed != marks.removed_before.end()) {
      for (const std::string_view text : removed->second) put_removed(out, text);
    }
    put_line(out, number, marks.added.contains(number) ? '+' : ' ',
             lines[static_cast<std::size_t>(number - 1)]);
  }
}

bool touches(const Hunk& hunk, const std::vector<LineRange>& ranges) {
  if (ranges.empty()) return true;
  const int last = hunk.new_first + std::max(hunk.new_count(), 1) - 1;
  return std::any_of(ranges.begin(), ranges.end(), [&](const LineRange& r) {
    return r.first <= last && hunk.new_first <= r.last;
  });
}

void put_hunk(std::string& out, const Hunk& hunk) {
  fmt::format_to(std::back_inserter(out), "@@ -{},{} +{},{} @@ {}\n", hunk.old_first,
                 hunk.old_count(), hunk.new_first, hunk.new_count(), hunk.section);
  int line = hunk.new_first;
  for (const HunkLine& entry : hunk.lines) {
    if (entry.kind == HunkLine::Kind::kRemoved) {
      put_removed(out, entry.text);
    } else {
      put_line(out, line++, entry.kind == HunkLine::Kind::kAdded ? '+' : ' ', entry.text);
    }
  }
}

}  // namespace

std::string render_hunks(const ChangedFile& file) {
  std::string out = fmt::format("### {}\n", title_of(file));
  if (file.hunks.empty() && file.text) {
    put_range(out, {1, file.line_count()}, split_lines(*file.text), {});
  }
  for (const Hunk& hunk : file.hunks) put_hunk(out, hunk);
  return out;
}

std::string render_lines(const ChangedFile& file, const std::vector<LineRange>& ranges) {
  std::string out = fmt::format("### {}\n", title_of(file));
  if (!file.text || file.state == ChangedFile::State::kDeleted) {
    for (const Hunk& hunk : file.hunks) {
      if (touches(hunk, ranges)) put_hunk(out, hunk);
    }
    return out;
  }
  const std::vector<std::string_view> lines = split_lines(*file.text);
  const Marks marks = marks_of(file);
  if (ranges.empty()) {
    put_range(out, {1, static_cast<int>(lines.size())}, lines, marks);
    return out;
  }
  for (const LineRange& range : ranges) {
    fmt::format_to(std::back_inserter(out), "lines {}-{}:\n", range.first, range.last);
    put_range(out, range, lines, marks);
  }
  return out;
}

std::string render_change(const Change& change, std::size_t limit) {
  std::string shown;
  std::string named;
  for (const ChangedFile& file : change.files) {
    std::string text = render_hunks(file);
    if (shown.size() + text.size() <= limit) {
      shown += text + '\n';
    } else {
      fmt::format_to(std::back_inserter(named), "- {}\n", title_of(file));
    }
  }
  if (!named.empty()) shown += "Not shown here for want of room; plan for them by name:\n" + named;
  return shown;
}

}  // namespace baton
