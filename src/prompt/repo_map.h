// The repository map: what the planner sees of a repository instead of the repository.
//
//   Repository: 1204 files, 9841 KiB
//
//   Changed:
//   src/store/journal.cc  modified, 310 lines, 42 added, reviewed 80-96 120-140
//     class Journal 20-88
//     function open 91-130
//
//   Directories (files, KiB, with all below):
//   src/  640  4210
//   src/store/  41  390
//
// Deterministic: the same facts and budget give the same bytes. Cut to the budget by these rules:
// what changed gets three quarters of it, and what the directories do not need; every changed file
// is named before any symbol is shown; symbols are added file by file, at most 40 of one, those on
// reviewed lines first; directories are added from the top down, six levels deep, of one level
// those with most files first. What does not fit is counted in a line of its own.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "base/tokens.h"
#include "change/change.h"

namespace baton {

struct RepoFile {
  std::string path;
  std::int64_t bytes = 0;

  bool operator==(const RepoFile&) const = default;
};

struct Symbol {
  std::string name;
  std::string kind;  // as universal-ctags calls it: "function", "class"
  LineRange lines;   // first == last where the end is not known

  bool operator==(const Symbol&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Symbol& symbol) {
  return out << symbol.kind << ' ' << symbol.name << ' ' << symbol.lines;
}

struct ChangedFacts {
  std::string path;
  std::string state;  // "added", "modified", …
  int lines = 0;
  int added_lines = 0;
  std::vector<LineRange> reviewed;
  std::vector<Symbol> symbols;

  bool operator==(const ChangedFacts&) const = default;
};

struct RepoFacts {
  std::vector<RepoFile> files;  // of the whole repository, in any order
  std::vector<ChangedFacts> changed;
  std::vector<std::string> notes;  // what could not be found out

  bool operator==(const RepoFacts&) const = default;
};

// What the change itself tells: no symbols, no other files.
std::vector<ChangedFacts> facts_of(const Change& change);

// At most `budget` by estimated_tokens().
std::string render_repo_map(const RepoFacts& facts, Tokens budget);

}  // namespace baton
