// In which order the map of a repository shows files and symbols. Pure.
//
// First what the request names: a file whose path or symbols hold its words (a word that a quarter
// of all files hold names nothing). Then what is referred to most: one file refers to another of
// the same family of languages if it uses a name that the other defines and that at most four files
// define. A name must look like one: "RunState", "run_state", "settlement", but not "state", which
// prose and variables are full of. A change within the latest commits counts like a few references.
// Other people's code (vendor, third_party, node_modules) comes after all that is the project's
// own. What is equal stands nearer to the top of the tree first, then by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "intake/blob_facts.h"

namespace baton {

struct RankedFile {
  std::string_view path;
  const BlobFacts* facts = nullptr;
  std::optional<int> changed;  // how many commits ago, 0 the latest; none: longer

  // Found by rank_files():
  std::int64_t named_by = 0;          // other files that refer to it
  std::vector<std::int64_t> symbols;  // likewise, of each symbol of its facts
  std::int64_t focus = 0;             // how much of the request it holds
};

// Fills in what is found, and puts them in order.
void rank_files(std::vector<RankedFile>& files, std::string_view focus);

}  // namespace baton
