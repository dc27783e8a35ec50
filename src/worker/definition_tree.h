// A folder tree of definitions as it stands on disk: worker files, or folders of skills. Bounded in
// files, bytes, entries and depth. In a repository no link is followed; in the user's own folders
// links are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "worker/worker.h"

namespace baton {

struct TreePlace {
  std::filesystem::path root;  // absolute
  std::string below;           // of the root, with '/': ".claude/agents"
  std::string shown;           // what messages call root/below
  bool is_repository = false;  // hostile, perhaps
};

struct DefinitionFile {
  std::string shown;             // its path, for people: UTF-8
  std::filesystem::path folder;  // that it stands in, absolute
  std::string text;
};

struct DefinitionTree {
  std::vector<DefinitionFile> files;  // by path
  std::vector<WorkerProblem> problems;
};

inline constexpr std::int64_t kMostDefinition = 256 << 10;
inline constexpr std::size_t kMostDefinitions = 300;

// Every *.md, at any depth that is not hidden. Nothing, if the folder is not there.
DefinitionTree worker_files(const TreePlace& place);
// SKILL.md of every folder right below.
DefinitionTree skill_files(const TreePlace& place);

}  // namespace baton
