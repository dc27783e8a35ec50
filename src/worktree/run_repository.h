// RunRepository: a run's own git repository, in the state folder. It borrows the objects of the
// user's repository and writes none there; workers' worktrees, branches and merges are its own. The
// user's repository is touched once, at the end, when a new branch is made in it.
//
//   create ─► worktree of each attempt ─► snapshot, restore ─► commit ─► merge … ─► deliver
//
// What models wrote is hostile: no hook, filter, external diff or configuration of a tree runs.
// Every operation can be repeated after a crash.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace baton {

// What stands in the lines at the end of a commit's message: worker, model, cost.
struct CommitText {
  std::string subject;
  std::string body;
  std::vector<std::pair<std::string, std::string>> trailers;  // {"Baton-Worker", "code-writer"}
  Instant at;                                                 // the same time gives the same id
};

struct Conflict {
  std::string path;
  std::string ours, theirs, base;  // blob ids; empty: the file is not there on that side

  bool operator==(const Conflict&) const = default;
};

struct MergeResult {
  std::string commit;               // empty: there are conflicts
  std::string tree;                 // the merged one; with conflict markers where there are some
  std::vector<Conflict> conflicts;  // by path
  std::string messages;             // git's own words, for people
};

struct FileChange {
  char status = 'M';  // A, M, D
  std::string path;
  int added = 0, removed = 0;  // lines; 0 of a binary file

  bool operator==(const FileChange&) const = default;
};

class RunRepository {
 public:
  // In `folder`, which is made. Opens what is already there. `base`: a commit of the user's
  // repository. kUsage if `user_repository` is none that git will work in.
  static Result<RunRepository> open(const std::filesystem::path& folder,
                                    const std::filesystem::path& user_repository,
                                    const std::string& base);

  const std::string& base() const { return base_; }
  const std::filesystem::path& git_folder() const { return git_folder_; }
  // What commands of a worker need to see, read-only, for git to work in a worktree.
  std::vector<std::filesystem::path> readable() const;

  // The worktree of this name, at `commit`; as it was left where it is there already and belongs to
  // the same commit.
  Result<std::filesystem::path> worktree(const std::string& name, const std::string& commit);
  Status remove_worktree(const std::string& name);
  // Everything in it that is not ignored, as a tree: its id. Durable when this returns.
  Result<std::string> snapshot(const std::string& worktree);
  // The worktree's files become that tree; what is ignored stays.
  Status restore(const std::string& worktree, const std::string& tree);

  // A commit of `tree` on `parents`, and a branch of this name on it.
  Result<std::string> commit(const std::string& branch, const std::string& tree,
                             const std::vector<std::string>& parents, const CommitText& text);
  // `theirs` into `ours` (commits).
  Result<MergeResult> merge(const std::string& ours, const std::string& theirs,
                            const CommitText& text);
  Result<std::string> tree_of(const std::string& commit) const;
  Result<std::vector<FileChange>> changes(const std::string& from, const std::string& to) const;
  Result<std::string> diff(const std::string& from, const std::string& to, std::size_t limit) const;
  Result<std::vector<std::string>> files(const std::string& commit) const;
  // kNotFound; kInput if it is larger than `limit`.
  Result<std::string> text(const std::string& commit, std::string_view path,
                           std::size_t limit) const;

  // The commit, and what it needs, goes to the user's repository, where a new branch holds it; the
  // working tree, the index and every other branch stay as they are. Done already: nothing happens.
  // kUsage if the name is taken by another commit.
  Status deliver(const std::string& commit, const std::string& branch) const;

  // All of it goes, worktrees too.
  Status remove();

 private:
  RunRepository(std::filesystem::path folder, std::filesystem::path user, std::string base);

  std::filesystem::path folder_;
  std::filesystem::path git_folder_;
  std::filesystem::path user_;
  std::string base_;
};

// The working tree as it is, uncommitted changes and new files included, as a tree of the user's
// repository that no branch knows: for a run that is to build upon them. None if nothing is
// changed.
Result<std::optional<std::string>> uncommitted_changes(const std::filesystem::path& repository);

}  // namespace baton
