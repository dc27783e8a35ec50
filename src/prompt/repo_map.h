// The repository map: what the planner sees of a repository instead of the repository.
//
//   Repository: 1,204 files, 9.8 MiB
//
//   Changed:
//   src/store/journal.cc  modified, 310 lines, 42 added, lines 80-96 120-140
//     class Journal 20-88
//     function open 91-130
//
//   Directories (files, KiB):
//   src/  640  4,210
//   src/store/  41  390
//
// Deterministic: the same facts and budget give the same bytes. Cut to the budget by these rules, in
// this order: changed files get at most three quarters of it while directories have use for the
// rest; every changed file is named before any symbol is shown; symbols are then added file by file,
// those that touch changed lines first, at most 40 a file; directories are shown from the top down,
// level by level, a level that does not fit whole being left out with all below it. What was left
// out is counted in a line of its own.
#pragma once

#include <cstdint>
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
