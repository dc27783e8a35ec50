// The user's uncommitted changes, taken without a trace in the user's repository: their working
// tree is read by our git, with our configuration, through a copy of their index.
#include <fmt/format.h>

#include <cstdlib>
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

// One answer of the user's git; empty if it has none.
Result<std::string> ask(const fs::path& user, const std::vector<std::string>& words) {
  Result<ProgramOutput> said = git(user, words);
  if (!said) return said.error();
  return said->status == 0 ? one_line(std::move(said->out)) : std::string();
}

Result<std::string> path_of(const fs::path& user, const char* name) {
  return ask(user, {"rev-parse", "--path-format=absolute", "--git-path", name});
}

// What they do not want to see in git status, they do not want in a run: passwords often are such
// files.
Result<std::string> ignore_rules(const fs::path& user) {
  Result<std::string> own = path_of(user, "info/exclude");
  if (!own) return own;
  Result<std::string> everywhere =
      ask(user, {"config", "--type=path", "--get", "core.excludesFile"});
  if (!everywhere) return everywhere;
  if (everywhere->empty()) {
    const char* config = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (config != nullptr && *config != '\0') {
      *everywhere = fmt::format("{}/git/ignore", config);
    } else if (home != nullptr) {
      *everywhere = fmt::format("{}/.config/git/ignore", home);
    }
  }
  // The repository's own rules last: they outweigh the others.
  return read_whole(*everywhere).value_or("") + "\n" + read_whole(*own).value_or("");
}

// What git on this file system goes by when it asks whether a file has changed.
Result<std::vector<std::string>> file_settings(const fs::path& user) {
  std::vector<std::string> settings;
  for (const char* name : {"core.fileMode", "core.symlinks", "core.ignoreCase"}) {
    Result<std::string> value = ask(user, {"config", "--type=bool", "--get", name});
    if (!value) return value.error();
    if (!value->empty()) settings.push_back(fmt::format("{}={}", name, *value));
  }
  return settings;
}

}  // namespace

Result<std::optional<std::string>> RunRepository::adopt_uncommitted_changes() const {
  Result<std::string> top = ask(user_, {"rev-parse", "--show-toplevel"});
  if (!top) return top.error();
  if (top->empty()) return std::optional<std::string>();
  Result<std::string> index = path_of(user_, "index");
  if (!index) return index.error();
  Result<std::string> rules = ignore_rules(user_);
  if (!rules) return rules.error();
  Result<std::vector<std::string>> settings = file_settings(user_);
  if (!settings) return settings.error();

  const fs::path copied = folder_ / "adopted-index";
  const fs::path excludes = folder_ / "adopted-excludes";
  GitPlace place{
      .git_folder = git_folder_, .work_tree = *top, .index = copied, .settings = *settings};
  place.settings.insert(place.settings.end(), {"core.excludesFile=" + excludes.string(),
                                               "core.untrackedCache=false", "index.version=2"});
  std::error_code error;
  fs::remove(folder_ / "adopted-index.lock", error);
  fs::remove(copied, error);
  if (Status written = write_whole(excludes, *rules); !written) return written.error();
  // Times of files and all: what has not changed is not read.
  if (fs::exists(*index, error)) {
    if (Status done = copy_index(*index, copied); !done) return done.error();
  }
  Result<TakenTree> taken = take_tree(place, TakeMode::kUser);
  fs::remove(copied, error);
  if (!taken) {
    return Error{taken.error().kind,
                 fmt::format("cannot take over the uncommitted changes of {}: {}", to_utf8(*top),
                             taken.error().message)};
  }
  Result<std::string> head = ask(user_, {"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  if (!head) return head.error();
  if (!head->empty()) {
    Result<std::string> committed = tree_of(*head);
    if (!committed) return committed.error();
    if (*committed == taken->id) return std::optional<std::string>();
  }
  if (*head != base_) {
    return usage_error(
        fmt::format("the uncommitted changes of {} are changes of another commit than {}, which "
                    "the run builds upon: check that one out, or leave them out",
                    to_utf8(*top), base_));
  }
  if (Status durable = make_durable(git_folder_); !durable) return durable.error();
  return std::optional(taken->id);
}

}  // namespace baton
