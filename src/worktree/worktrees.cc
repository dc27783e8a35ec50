// The worktrees of a run's repository.
#include <fmt/format.h>

#include <system_error>

#include "base/text.h"
#include "intake/git.h"
#include "worktree/disk.h"
#include "worktree/object_id.h"
#include "worktree/run_repository.h"
#include "worktree/take_tree.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// In a worktree's administrative folder. Two indexes: git's own stays as the worktree was made, so
// that a worker's `git diff` shows what it did; ours follows the snapshots.
constexpr const char* kOurIndex = "snapshot-index";
constexpr const char* kCompleteMark = "baton-commit";  // written last

Status check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 200 && name.front() != '.' &&
                    name.front() != '-' && name.find("..") == name.npos &&
                    !name.ends_with(".lock") && !name.ends_with('.') &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == name.npos;
  if (fits) return {};
  return input_error(
      fmt::format("\"{}\" cannot be the name of a worktree: letters, digits, '.', "
                  "'_' and '-' can be in it",
                  shorten(for_terminal(name), 100)));
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::directory;
}

std::string link_to(const fs::path& admin) {
  return fmt::format("gitdir: {}\n", admin.string());
}

// The worktree's `.git`, whatever a program has put in its place.
Status pin_git_file(const fs::path& folder, const fs::path& admin) {
  const fs::path file = folder / ".git";
  if (read_whole(file) == link_to(admin)) return {};
  if (Status removed = remove_tree(file); !removed) return removed;
  return write_whole(file, link_to(admin));
}

// The files become those of `tree`, also where the index believes they are. The first pass may go
// by what a symbolic link shows it, and the link goes as a file nobody knows: then the second puts
// the files in its place.
Status check_out(const GitPlace& place, const std::string& tree) {
  for (int pass = 0; pass < 2; ++pass) {
    Result<std::string> read =
        git_output(place, "restore the files", {"read-tree", "--reset", "-u", tree});
    if (!read) return read.error();
    Result<ProgramOutput> cleaned = git(place, {"clean", "-ffd"});
    if (!cleaned) return cleaned.error();
    // What it cannot open it only warns of.
    if (cleaned->status != 0 || !cleaned->err.empty()) {
      return system_error(fmt::format("cannot remove new files: {}", complaint_of(*cleaned)));
    }
    if (cleaned->out.empty()) break;
  }
  return {};
}

}  // namespace

fs::path RunRepository::worktree_folder(const std::string& name) const {
  return folder_ / "worktrees" / name;
}

fs::path RunRepository::admin_folder(const std::string& name) const {
  return git_folder_ / "worktrees" / name;
}

GitPlace RunRepository::enter(const std::string& worktree) const {
  GitPlace place = this->place();
  place.work_tree = worktree_folder(worktree);
  place.index = admin_folder(worktree) / kOurIndex;
  // Left by a git that was killed; there is one user of a worktree at a time.
  std::error_code error;
  fs::remove(admin_folder(worktree) / fmt::format("{}.lock", kOurIndex), error);
  return place;
}

bool RunRepository::has_worktree(const std::string& name, const std::string& commit) const {
  return is_folder(worktree_folder(name)) &&
         read_whole(admin_folder(name) / kCompleteMark) == commit;
}

Result<fs::path> RunRepository::worktree(const std::string& name, const std::string& commit) {
  if (Status fits = check_name(name); !fits) return fits.error();
  if (Status fits = check_object_id("commit", commit); !fits) return fits.error();
  const fs::path folder = worktree_folder(name);
  if (!has_worktree(name, commit)) {
    if (Status removed = remove_worktree(name); !removed) return removed.error();
    if (Status made = make_worktree(name, commit); !made) return made.error();
  }
  if (Status pinned = pin_git_file(folder, admin_folder(name)); !pinned) return pinned.error();
  return folder;
}

// Not by `git worktree add`: in these steps, whatever is left after any of them can be told from a
// whole worktree, and is what git itself would have made.
Status RunRepository::make_worktree(const std::string& name, const std::string& commit) {
  const fs::path folder = worktree_folder(name);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return system_error(
        fmt::format("cannot make the worktree {}: {}", to_utf8(folder.string()), error.message()));
  }
  Result<std::string> branched = git_output(place(), "make the branch of the worktree " + name,
                                            {"update-ref", "refs/heads/" + name, commit});
  if (!branched) return branched.error();
  if (Status written = write_admin_files(name, commit); !written) return written;
  GitPlace place = enter(name);
  Result<std::string> filled =
      git_output(place, "fill the worktree " + name, {"read-tree", "--reset", "-u", commit});
  if (!filled) return filled.error();
  if (Status copied = copy_index(place.index, admin_folder(name) / "index"); !copied) return copied;
  // The mark must not outlive what it vouches for.
  if (Status durable = make_durable(folder_); !durable) return durable;
  return write_whole(admin_folder(name) / kCompleteMark, commit);
}

Status RunRepository::write_admin_files(const std::string& name, const std::string& commit) {
  const fs::path admin = admin_folder(name);
  std::error_code error;
  fs::create_directories(admin, error);
  for (const auto& [file, text] : std::vector<std::pair<std::string, std::string>>{
           {"HEAD", fmt::format("ref: refs/heads/{}\n", name)},
           {"ORIG_HEAD", commit + "\n"},
           {"commondir", "../..\n"},
           {"gitdir", fmt::format("{}\n", (worktree_folder(name) / ".git").string())}}) {
    if (Status written = write_whole(admin / file, text); !written) return written;
  }
  return pin_git_file(worktree_folder(name), admin);
}

Status RunRepository::remove_worktree(const std::string& name) {
  if (Status fits = check_name(name); !fits) return fits;
  std::error_code error;
  fs::remove(admin_folder(name) / kCompleteMark, error);
  if (Status removed = remove_tree(worktree_folder(name), git_folder_); !removed) return removed;
  return remove_tree(admin_folder(name), git_folder_);
}

Result<std::string> RunRepository::snapshot(const std::string& worktree) {
  if (Status fits = check_name(worktree); !fits) return fits.error();
  if (!is_folder(worktree_folder(worktree)) || !is_folder(admin_folder(worktree))) {
    return not_found(fmt::format("there is no worktree {} to take a snapshot of", worktree));
  }
  const GitPlace place = enter(worktree);
  Result<TakenTree> taken = take_tree(place, TakeMode::kWorker);
  const bool locked = taken ? !taken->all_seen : taken.error().kind == ErrorKind::kSystem;
  if (locked) {
    // A worker may have taken even its owner's rights away.
    if (Status unlocked = unlock_tree(place.work_tree); !unlocked) return unlocked.error();
    taken = take_tree(enter(worktree), TakeMode::kWorker);
  }
  if (!taken) {
    return Error{taken.error().kind, fmt::format("cannot take a snapshot of the worktree {}: {}",
                                                 worktree, taken.error().message)};
  }
  if (Status durable = make_durable(git_folder_); !durable) return durable.error();
  return taken->id;
}

Status RunRepository::restore(const std::string& worktree, const std::string& tree) {
  if (Status fits = check_name(worktree); !fits) return fits;
  if (Status fits = check_object_id("tree", tree); !fits) return fits;
  const fs::path folder = worktree_folder(worktree);
  if (!is_folder(admin_folder(worktree))) {
    return not_found(fmt::format("there is no worktree {} to restore", worktree));
  }
  const GitPlace place = enter(worktree);
  if (check_out(place, tree)) return pin_git_file(folder, admin_folder(worktree));
  // A worker may have taken even its owner's rights away.
  if (unlock_tree(folder) && check_out(enter(worktree), tree)) {
    return pin_git_file(folder, admin_folder(worktree));
  }
  // Or what it left lies too deep for git. Then nothing of it is kept.
  if (Status removed = remove_tree(folder, git_folder_); !removed) return removed;
  std::error_code error;
  fs::create_directories(folder, error);
  fs::remove(place.index, error);
  if (Status done = check_out(place, tree); !done) return done;
  return pin_git_file(folder, admin_folder(worktree));
}

}  // namespace baton
