// Finds out what the repository map shows: the files there are, and the symbols of the changed
// ones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "change/change.h"
#include "prompt/repo_map.h"

namespace baton {

// Every file of a commit (git ls-tree).
Result<std::vector<RepoFile>> files_of_commit(const std::filesystem::path& repo,
                                              const std::string& commit);

// Every file of a folder, as a review of that tree would list them. Sizes are those on disk.
Result<std::vector<RepoFile>> files_of_folder(const std::filesystem::path& folder);

// Symbols are those of the changed files whose text is known: at most 300 files, 8 MiB and 10 s.
// Without ctags there are none, and a note.
RepoFacts collect_repo_facts(std::vector<RepoFile> files, const Change& change);

// The map as a Change carries it.
std::string repo_map_of(std::vector<RepoFile> files, const Change& change);

}  // namespace baton
