#include "change/change.h"

#include <algorithm>

namespace baton {
namespace {

int count_without(const std::vector<HunkLine>& lines, HunkLine::Kind kind) {
  return static_cast<int>(
      std::count_if(lines.begin(), lines.end(), [&](const HunkLine& l) { return l.kind != kind; }));
}

int lines_in(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  const bool open_end = !text.empty() && text.back() != '\n';
  return static_cast<int>(ends) + (open_end ? 1 : 0);
}

std::optional<std::string_view> line_of(std::string_view text, int number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  if (number < 1 || text.empty()) return std::nullopt;
  return text.substr(0, text.find('\n'));
}

// Calls see(number, line) for each line of the new side that the hunk shows, until it says false.
template <typename See>
void walk_new_side(const Hunk& hunk, See see) {
  int number = hunk.new_first;
  for (const HunkLine& line : hunk.lines) {
    if (line.kind == HunkLine::Kind::kRemoved) continue;
    if (!see(number++, line)) return;
  }
}

void extend(std::vector<LineRange>& ranges, int line) {
  if (!ranges.empty() && ranges.back().last + 1 == line) {
    ranges.back().last = line;
  } else {
    ranges.push_back({line, line});
  }
}

template <typename Wanted>
std::vector<LineRange> ranges_of(const ChangedFile& file, Wanted wanted) {
  std::vector<LineRange> ranges;
  if (file.state == ChangedFile::State::kWhole) {
    if (const int last = file.line_count(); last > 0) ranges.push_back({1, last});
    return ranges;
  }
  for (const Hunk& hunk : file.hunks) {
    walk_new_side(hunk, [&](int number, const HunkLine& line) {
      if (wanted(line)) extend(ranges, number);
      return true;
    });
  }
  return ranges;
}

}  // namespace

bool covers(const std::vector<LineRange>& ranges, int line) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const LineRange& range) { return range.contains(line); });
}

std::string_view to_string(ChangedFile::State state) {
  switch (state) {
    case ChangedFile::State::kAdded:
      return "added";
    case ChangedFile::State::kModified:
      return "modified";
    case ChangedFile::State::kDeleted:
      return "deleted";
    case ChangedFile::State::kRenamed:
      return "renamed";
    case ChangedFile::State::kWhole:
      return "whole";
  }
  return {};
}

std::string_view to_string(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kRange:
      return "range";
    case Change::Kind::kDiff:
      return "diff";
    case Change::Kind::kTree:
      return "tree";
  }
  return {};
}

int Hunk::old_count() const {
  return count_without(lines, HunkLine::Kind::kAdded);
}

int Hunk::new_count() const {
  return count_without(lines, HunkLine::Kind::kRemoved);
}

std::optional<std::string_view> ChangedFile::line(int number) const {
  if (text) return line_of(*text, number);
  std::optional<std::string_view> found;
  for (const Hunk& hunk : hunks) {
    walk_new_side(hunk, [&](int at, const HunkLine& line) {
      if (at == number) found = line.text;
      return at < number;
    });
  }
  return found;
}

int ChangedFile::line_count() const {
  if (text) return lines_in(*text);
  int last = 0;
  for (const Hunk& hunk : hunks) {
    if (const int count = hunk.new_count(); count > 0) {
      last = std::max(last, hunk.new_first + count - 1);
    }
  }
  return last;
}

std::vector<LineRange> ChangedFile::reviewed() const {
  return ranges_of(*this, [](const HunkLine&) { return true; });
}

std::vector<LineRange> ChangedFile::added() const {
  return ranges_of(*this, [](const HunkLine& line) { return line.kind == HunkLine::Kind::kAdded; });
}

// git lists files by their path, so that halving finds them; a diff from elsewhere may not.
const ChangedFile* Change::find(std::string_view path) const {
  const auto near = std::lower_bound(
      files.begin(), files.end(), path,
      [](const ChangedFile& file, std::string_view wanted) { return file.path < wanted; });
  if (near != files.end() && near->path == path) return &*near;
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const ChangedFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

int Change::added_lines() const {
  int lines = 0;
  for (const ChangedFile& file : files) {
    for (const LineRange& range : file.added()) lines += range.last - range.first + 1;
  }
  return lines;
}

}  // namespace baton
