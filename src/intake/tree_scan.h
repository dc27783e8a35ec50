// What a commit's files are and hold: what the map of a repository is made from. Hostile trees get
// a poorer map, never a failure: contents go to no file, names are no paths of ours, and what is
// too much is counted and left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/blob_facts.h"

namespace baton {

struct TreeFile {
  std::string path;       // as git has it: any bytes but NUL
  std::size_t facts = 0;  // of TreeScan
};

struct TreeScan {
  std::vector<TreeFile> files;   // by path
  std::vector<BlobFacts> facts;  // files of the same content share theirs
  std::vector<std::string> notes;
};

// Looks into at most 100,000 texts of at most 1 MiB, 256 MiB in all, in the order of their paths,
// for at most a minute: but for that minute, the same commit gives the same. What `cache` knows is
// not read again. `commit`: a full id.
Result<TreeScan> scan_tree(const std::filesystem::path& repository, const std::string& commit,
                           const std::filesystem::path& cache);

// What the name of a file promises, before anything of it is read.
BlobFacts::Kind kind_by_name(std::string_view path);

}  // namespace baton
