// The one time the user's repository is written to.
#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "intake/git.h"
#include "worktree/disk.h"
#include "worktree/object_id.h"
#include "worktree/run_repository.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

std::string shown(const std::string& branch) {
  return shorten(for_terminal(branch), 200);
}

Status check_branch_name(const fs::path& user, const std::string& branch) {
  const bool could_be = !branch.empty() && branch.front() != '-' && branch != "HEAD" &&
                        !branch.starts_with("refs/") && branch != "@" &&
                        branch.find('\0') == branch.npos;
  if (could_be) {
    Result<ProgramOutput> checked = git(user, {"check-ref-format", "refs/heads/" + branch});
    if (!checked) return checked.error();
    if (checked->status == 0) return {};
  }
  return usage_error(fmt::format("\"{}\" cannot be the name of a branch", shown(branch)));
}

// What the branch holds; nothing if there is none.
Result<std::optional<std::string>> tip_of(const fs::path& user, const std::string& branch) {
  Result<ProgramOutput> tip =
      git(user, {"rev-parse", "--verify", "--quiet", "refs/heads/" + branch});
  if (!tip) return tip.error();
  if (tip->status != 0) return std::optional<std::string>();
  return std::optional(one_line(std::move(tip->out)));
}

// A branch that is checked out though it does not exist yet would come to life with files that are
// not in the working tree.
Status check_not_checked_out(const fs::path& user, const std::string& branch) {
  Result<std::string> trees =
      git_output(user, "list the worktrees", {"worktree", "list", "--porcelain", "-z"});
  if (!trees) return trees.error();
  const std::string line = "branch refs/heads/" + branch;
  std::string_view rest = *trees;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    if (rest.substr(0, end) == line) {
      return usage_error(
          fmt::format("the branch {} is checked out in a working tree of the repository: name "
                      "another one",
                      shown(branch)));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Status taken(const std::string& branch, const std::string& tip) {
  return usage_error(fmt::format(
      "there is a branch {} already, on {}: rename or delete it, or begin with another name",
      shown(branch), tip));
}

// The index of a pack of `commit` and all it needs beyond `base`; each object is checked on the way
// in, and that nothing is missing.
Status send_objects(const GitPlace& place, const fs::path& user, const std::string& commit,
                    const std::string& base) {
  Result<std::string> pack =
      git_output(place, "pack the result",
                 {"pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "-q"},
                 fmt::format("{}\n^{}\n", commit, base));
  if (!pack) return pack.error();
  Result<std::string> indexed = git_output(user, "put the result into your repository",
                                           {"index-pack", "--stdin", "--fix-thin"}, *pack);
  if (!indexed) return indexed.error();
  Result<std::string> connected =
      git_output(user, "find all of the result in your repository",
                 {"rev-list", "--objects", "--quiet", commit, "--not", base});
  return connected ? Status() : Status(connected.error());
}

// A commit that this run may have made the branch at: noted before it is.
std::string delivery_ref(const std::string& commit) {
  return "refs/baton/delivered/" + commit;
}

Status note_delivery(const GitPlace& place, const std::string& commit) {
  const Result<std::string> noted =
      git_output(place, "note the delivery", {"update-ref", delivery_ref(commit), commit});
  return noted ? Status() : Status(noted.error());
}

bool is_delivered(const GitPlace& place, const std::string& commit) {
  const Result<ProgramOutput> found =
      git(place, {"show-ref", "--verify", "--quiet", delivery_ref(commit)});
  return found && found->status == 0;
}

}  // namespace

Status RunRepository::check_new_branch(const fs::path& user, const std::string& branch) {
  if (Status fits = check_branch_name(user, branch); !fits) return fits;
  // A branch can not be where others have their folder, nor have its folder where one is.
  for (std::size_t end = branch.find('/');; end = branch.find('/', end + 1)) {
    const std::string name = branch.substr(0, end);
    const Result<std::optional<std::string>> tip = tip_of(user, name);
    if (!tip) return tip.error();
    if (*tip) return taken(name, **tip);
    if (end == branch.npos) break;
  }
  const Result<std::string> below = git_output(
      user, "look for branches",
      {"for-each-ref", "--count=1", "--format=%(refname:short)", "refs/heads/" + branch + "/"});
  if (!below) return below.error();
  if (below->empty()) return {};
  return usage_error(fmt::format("there can be no branch {} beside {}: begin with another name",
                                 shown(branch), shown(below->substr(0, below->find('\n')))));
}

Status RunRepository::deliver(const std::string& commit, const std::string& branch) const {
  if (Status fits = check_object_id("commit", commit); !fits) return fits;
  if (Status fits = check_branch_name(user_, branch); !fits) return fits;
  Result<std::optional<std::string>> tip = tip_of(user_, branch);
  if (!tip) return tip.error();
  if (*tip == commit) return {};
  if (*tip && !is_delivered(place(), **tip)) return taken(branch, **tip);
  if (Status free = check_not_checked_out(user_, branch); !free) return free;
  if (Status sent = send_objects(place(), user_, commit, base_); !sent) return sent;
  if (Status noted = note_delivery(place(), commit); !noted) return noted;

  const std::string move = *tip ? fmt::format("update refs/heads/{} {} {}", branch, commit, **tip)
                                : fmt::format("create refs/heads/{} {}", branch, commit);
  Result<ProgramOutput> made =
      git(user_,
          {"-c", "user.name=baton", "-c", "user.email=baton@localhost", "update-ref", "-m",
           "baton: delivered", "--no-deref", "--stdin"},
          fmt::format("start\n{}\nprepare\ncommit\n", move));
  if (!made) return made.error();
  if (made->status != 0) {
    tip = tip_of(user_, branch);  // somebody may have been faster
    if (tip && *tip && *tip != commit) return taken(branch, **tip);
    if (!tip || !*tip) {
      return usage_error(
          fmt::format("cannot make the branch {}: {}", shown(branch), complaint_of(*made)));
    }
  }
  return borrowed_.empty() ? Status() : make_durable(borrowed_.front());
}

}  // namespace baton
