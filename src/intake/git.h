// git, run on a repository that may be hostile.
//
// What a repository's own configuration could make git execute is switched off: hooks, the file
// system monitor, external diffs, text conversions, signature checks, pagers, lazy fetches and
// every transport. The user's own rules about whose repositories to trust (safe.directory) hold.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run_and_read.h"

namespace baton {

// Runs git in `dir`, whatever its exit code. kUsage if git is not installed.
Result<ProgramOutput> git(const std::filesystem::path& dir,
                          const std::vector<std::string>& arguments, std::string_view input = {});

// The same for a command that must succeed: its output, or kSystem with what git said, after
// "cannot ATTEMPT".
Result<std::string> git_output(const std::filesystem::path& dir, std::string_view attempt,
                               const std::vector<std::string>& arguments,
                               std::string_view input = {});

// A repository of our own, and where its parts are: git looks for nothing in the folder it runs in,
// so that no `.git` of a tree counts, nor what the user or the machine configured. While it runs,
// git holds a shared flock on the git folder: it may outlive whoever started it.
struct GitPlace {
  std::filesystem::path git_folder;  // absolute, as the others
  std::filesystem::path work_tree;   // where git runs; empty: the git folder, without a work tree
  std::filesystem::path index;       // empty: the git folder's own
  std::vector<std::string> settings = {};     // "core.fileMode=false"
  std::vector<std::string> environment = {};  // "NAME=value"
};

Result<ProgramOutput> git(const GitPlace& place, const std::vector<std::string>& arguments,
                          std::string_view input = {});
Result<std::string> git_output(const GitPlace& place, std::string_view attempt,
                               const std::vector<std::string>& arguments,
                               std::string_view input = {});

// The first line of what git complained, without its "fatal: ".
std::string complaint_of(const ProgramOutput& output);

// Where the repository around `dir` begins: the nearest folder upwards with a ".git". Found without
// git, so that no configuration can point elsewhere.
std::optional<std::filesystem::path> repository_root(const std::filesystem::path& dir);

// kUsage, with what to do, unless `dir` lies in a repository git will work in.
Status check_repository(const std::filesystem::path& dir);

// The full id of the commit a user's word names. kUsage if there is none. The word is never taken
// as an option.
Result<std::string> resolve_commit(const std::filesystem::path& dir, std::string_view revision);

// The ids of its parents, as recorded: also those a shallow clone lacks.
Result<std::vector<std::string>> parents_of(const std::filesystem::path& dir,
                                            const std::string& commit);

}  // namespace baton
