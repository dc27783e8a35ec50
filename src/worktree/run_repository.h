// RunRepository: a run's own git repository, in the state folder. It borrows the objects of the
// user's repository and writes none there; workers' worktrees, branches and merges are its own. The
// user's repository is touched once, at the end, when a new branch is made in it.
//
//   open ─► worktree of each attempt ─► snapshot, restore ─► commit ─► merge … ─► deliver
//
//   FOLDER/repo.git         bare; our configuration alone counts, no collection of garbage
//   FOLDER/worktrees/NAME   git's own linked worktrees
//
// What models wrote is hostile: no hook, filter, merge driver, external diff or configuration of a
// tree runs, and no `.git` in a worktree is obeyed. Line ends and encodings that `.gitattributes`
// names are converted, as git itself does that. A filter's files (git-lfs) stand in worktrees in
// the form they are stored in.
//
// Every operation can be repeated after a crash. Several threads may use one RunRepository, but for
// the same worktree only one at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace baton {

struct GitPlace;

// The message of a commit. Whatever stands in it becomes text: controls are made visible, a subject
// is one line, and only `trailers` are trailers.
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

  bool operator==(const MergeResult&) const = default;
};

struct FileChange {
  char status = 'M';  // A, M, D
  std::string path;
  int added = 0, removed = 0;  // lines; 0 of a binary file

  bool operator==(const FileChange&) const = default;
};

class RunRepository {
 public:
  // In `folder`, which is made. Opens what is already there, and mends what a crash left half-done,
  // after the end of whatever git a killed process left at work; no other process may use it.
  // `base`: a commit of the user's repository. kUsage if `user_repository` is none that git will
  // work in, or has no such commit; kInput if what is there was made for another commit; kBusy if
  // a git is at work in it that does not end.
  static Result<RunRepository> open(const std::filesystem::path& folder,
                                    const std::filesystem::path& user_repository,
                                    const std::string& base);

  const std::string& base() const { return base_; }
  const std::filesystem::path& git_folder() const { return git_folder_; }
  // What commands of a worker need to see, read-only, for git to work in a worktree. As another
  // user they need safe.directory=* too, from GIT_CONFIG_COUNT and its like.
  std::vector<std::filesystem::path> readable() const;

  // The worktree of this name, at `commit`; as it was left where it is there already and belongs to
  // the same commit. kInput unless `name` is letters, digits, '.', '_' and '-' (not first).
  Result<std::filesystem::path> worktree(const std::string& name, const std::string& commit);
  // Whether worktree() would give it as it was left.
  bool has_worktree(const std::string& name, const std::string& commit) const;
  Status remove_worktree(const std::string& name);
  // Everything in it that no .gitignore of it ignores, as a tree: its id. Durable when this
  // returns. The files of a repository nested in it are files like others. Not taken: empty
  // folders, what no file or symbolic link is, names that git keeps for itself (`.git` in any
  // spelling), and changes within submodules. kInput, naming it, if a file is too large.
  Result<std::string> snapshot(const std::string& worktree);
  // The worktree's files become that tree, and nothing else is left but what the tree ignores.
  // What it writes belongs to whoever we are.
  Status restore(const std::string& worktree, const std::string& tree);

  // The user's working tree as it is, uncommitted changes and new files that git status would show
  // included, as a tree of this repository: for a run that is to build upon them. Nothing is
  // written to the user's. None if nothing is changed, or there is no working tree. kUsage if a
  // changed file would have to go through a filter, which is a program, or base() is not checked
  // out.
  Result<std::optional<std::string>> adopt_uncommitted_changes() const;

  // A commit of `tree` on `parents`, and a branch of this name on it, wherever it was before.
  Result<std::string> commit(const std::string& branch, const std::string& tree,
                             const std::vector<std::string>& parents, const CommitText& text);
  // `theirs` into `ours` (commits). `ours` itself if it has all of `theirs`.
  Result<MergeResult> merge(const std::string& ours, const std::string& theirs,
                            const CommitText& text);
  Result<std::string> tree_of(const std::string& commit) const;
  // Between two commits or trees; a renamed file is one that goes and one that comes.
  Result<std::vector<FileChange>> changes(const std::string& from, const std::string& to) const;
  // UTF-8; beyond `limit` bytes it is cut at a line's end, and a last line says so.
  Result<std::string> diff(const std::string& from, const std::string& to, std::size_t limit) const;
  // Sorted; without submodules.
  Result<std::vector<std::string>> files(const std::string& commit) const;
  // The bytes of a file. kNotFound; kInput if it is larger than `limit` or no file.
  Result<std::string> text(const std::string& commit, std::string_view path,
                           std::size_t limit) const;

  // kUsage if no branch of this name can be made: a bad name, or there is one.
  static Status check_new_branch(const std::filesystem::path& user_repository,
                                 const std::string& branch);

  // The commit, and what it needs, goes to the user's repository, where a new branch holds it; the
  // working tree, the index and every other branch stay as they are. Done already: nothing happens.
  // A branch that an earlier delivery of this run has made, and nobody has moved since, moves on.
  // kUsage if the name is none, or taken by another commit.
  Status deliver(const std::string& commit, const std::string& branch) const;

  // All of it goes, worktrees too.
  Status remove();

 private:
  RunRepository(std::filesystem::path folder, std::filesystem::path user);

  Status set_up();
  Status settle_base(const std::string& base);
  GitPlace place() const;
  GitPlace enter(const std::string& worktree) const;
  std::filesystem::path worktree_folder(const std::string& name) const;
  std::filesystem::path admin_folder(const std::string& name) const;
  Status make_worktree(const std::string& name, const std::string& commit);
  Status write_admin_files(const std::string& name, const std::string& commit);
  Result<std::string> write_commit(const std::string& tree, const std::vector<std::string>& parents,
                                   const CommitText& text) const;

  std::filesystem::path folder_;
  std::filesystem::path git_folder_;
  std::filesystem::path user_;
  std::string base_;
  std::vector<std::filesystem::path> borrowed_;  // folders of objects, the user's first
};

}  // namespace baton
