// Change: what is reviewed, as a value. A revision range, a diff from elsewhere and a whole tree
// all become one of these; everything after (maps, packs, checkers, reports) knows nothing of git.
//
// Texts are well-formed UTF-8 and keep their "\n"; a "\r" before it is dropped. Line numbers are
// those of the new side, from 1. Paths are relative to the repository's root, with '/', as git
// prints them.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

// Lines `first` to `last`, both included.
struct LineRange {
  int first = 1;
  int last = 1;

  bool contains(int line) const { return first <= line && line <= last; }
  bool operator==(const LineRange&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const LineRange& range) {
  return out << range.first << '-' << range.last;
}

// Whether one of the ranges contains the line.
bool covers(const std::vector<LineRange>& ranges, int line);

struct HunkLine {
  enum class Kind { kContext, kAdded, kRemoved };
  Kind kind = Kind::kContext;
  std::string text;

  bool operator==(const HunkLine&) const = default;
};

struct Hunk {
  int old_first = 0;
  int new_first = 0;
  std::string section;  // what stands behind the second @@, often the enclosing function
  std::vector<HunkLine> lines;

  int old_count() const;
  int new_count() const;
  bool operator==(const Hunk&) const = default;
};

struct ChangedFile {
  enum class State {
    kAdded,
    kModified,
    kDeleted,
    kRenamed,
    kWhole
  };  // kWhole: of a tree, no hunks

  std::string path;
  std::string old_path;  // differs from `path` only for kRenamed
  State state = State::kModified;
  std::vector<Hunk> hunks;
  // The whole new side, where it is known. A diff without its repository has only what its hunks
  // show.
  std::optional<std::string> text;

  // The line's text, if it exists on the new side and is known.
  std::optional<std::string_view> line(int number) const;
  // Number of lines of the new side; of a file known only by its hunks, the last line they show.
  int line_count() const;
  // What a finding may name: the lines the hunks show (added ones and their context); of a tree,
  // all.
  std::vector<LineRange> reviewed() const;
  // The added lines alone (of a tree, all): what checkers are restricted to.
  std::vector<LineRange> added() const;

  bool operator==(const ChangedFile&) const = default;
};

std::string_view to_string(ChangedFile::State state);  // "added", "modified", …

// A file that was not reviewed, and why, for the report: "binary", "larger than 1 MiB",
// "submodule".
struct SkippedFile {
  std::string path;
  std::string reason;

  bool operator==(const SkippedFile&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const SkippedFile& file) {
  return out << file.path << " (" << file.reason << ')';
}

struct Change {
  enum class Kind { kRange, kDiff, kTree };

  Kind kind = Kind::kRange;
  std::string title;        // "HEAD~3..HEAD", "changes.diff", "src/"
  std::string description;  // the commit messages, if there are any: text from outside
  std::vector<ChangedFile> files;
  std::vector<SkippedFile> skipped;
  std::vector<std::string> notes;  // what the user should know about how the input was read
  std::string map;                 // the repository map shown to the planner (prompt/repo_map.h)

  const ChangedFile* find(std::string_view path) const;
  int added_lines() const;
  bool operator==(const Change&) const = default;
};

std::string_view to_string(Change::Kind kind);  // "range", "diff", "tree"

// One JSON text and back, for the journal: read_change(write_change(c)) == c.
std::string write_change(const Change& change);
Result<Change> read_change(std::string_view json);

}  // namespace baton
