// Which files a folder holds, as a review of it sees them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace baton {

struct FileList {
  std::filesystem::path root;      // the repository's, or the folder itself outside of one
  std::vector<std::string> paths;  // relative to the root, sorted, each once; bytes as on disk
};

// In a repository: what git tracks under `folder`, and what it would track (not what is ignored).
// Elsewhere: every file but those in a ".git"; symbolic links are listed, never followed. kUsage
// if there are more than 200,000 files.
Result<FileList> list_files(const std::filesystem::path& folder);

}  // namespace baton
