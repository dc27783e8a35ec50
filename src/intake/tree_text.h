// The map of a whole repository as text.
//
//   Repository: 1204 files, 9841 KiB
//
//   Directories (files, KiB, with all below):
//   src/  640  4210
//
//   Files (KiB, lines; named by: other files that refer to it; changed: commits ago, 0 the latest):
//   src/store/journal.h  4 KiB, 120 lines, named by 34, changed 3
//     class Journal 20-88
//   (812 more files)
//
// Cut to the budget by these rules: what the repository is and its directories get a sixth of it
// (see prompt/repo_map.h). Of what is left, lines of files in their order get one half; then each
// of these gets up to 12 symbols, those referred to most; then up to 40; then more files are named.
// Each of these steps ends with the first line that does not fit. A file's symbols stand in the
// order of its lines.
#pragma once

#include <string>
#include <vector>

#include "base/tokens.h"
#include "intake/tree_rank.h"

namespace baton {

// `files` in their order; at most `budget` by estimated_tokens().
std::string render_tree(const std::vector<RankedFile>& files, const std::vector<std::string>& notes,
                        Tokens budget);

}  // namespace baton
