// The map of a whole repository: what a planner sees of it instead of it. Files with their sizes,
// how lately they changed and the symbols they define, cut to a budget; what is referred to most is
// shown first.
//
// Symbols are found by universal-ctags on the blobs of a commit and kept by blob in `cache`: what
// has not changed since is not read again. The cache serves any number of repositories; a damaged
// one is made anew. By which rules files are put in order and cut: tree_rank.h and tree_text.h;
// what is not looked into: tree_scan.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/tokens.h"

namespace baton {

struct TreeMapRequest {
  std::filesystem::path repository;  // or a git folder
  std::string commit;
  std::filesystem::path cache;  // a folder of ours; made if it is not there
  Tokens budget = Tokens(24'000);
  std::string focus;  // words of the request: what they name is shown before what they do not
};

struct TreeMap {
  std::string text;  // at most the budget, by estimated_tokens()
  std::int64_t files = 0;
  Tokens whole;  // about what all files together would be
  std::vector<std::string> notes;
};

// The same request gives the same text. Without ctags there are no symbols, and a note.
Result<TreeMap> tree_map(const TreeMapRequest& request);

}  // namespace baton
