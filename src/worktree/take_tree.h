// A folder's files as a tree of a repository of our own, taken through an index that remembers
// which files are as they were: what costs time is what has changed.
#pragma once

#include <string>

#include "base/result.h"
#include "intake/git.h"

namespace baton {

struct TakenTree {
  std::string id;
  bool all_seen = true;  // false: a folder could not be read, and nothing in it was taken
};

// What to do about files that git alone would not take as files.
enum class TakeMode {
  kWorker,  // of a nested repository: they are files like others
  kUser,    // of a nested repository: left out. kUsage if one must go through a filter
};

// Requires: `place` has a work tree and an index, which nobody else uses meanwhile.
Result<TakenTree> take_tree(const GitPlace& place, TakeMode mode);

}  // namespace baton
