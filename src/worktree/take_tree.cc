#include "worktree/take_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "worktree/object_id.h"

namespace baton {
namespace {

// A program that runs wild must not fill the disk by way of us, nor a repository with its output.
constexpr std::int64_t kMaxFileBytes = 100 << 20;
constexpr std::int64_t kMaxChangedBytes = std::int64_t{1} << 30;
constexpr std::size_t kMaxNested = 100;

std::vector<std::string> fields_of(std::string_view output) {
  std::vector<std::string> fields;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\0'), output.size());
    fields.emplace_back(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return fields;
}

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text.append(path).push_back('\0');
  return text;
}

std::string shown(const std::string& path) {
  return shorten(for_terminal(path), 300);
}

class Taker {
 public:
  Taker(const GitPlace& place, TakeMode mode) : place_(place), mode_(mode) {}

  Result<TakenTree> take() {
    folder_ = Fd(::open(place_.work_tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.ok()) {
      return system_error(fmt::format("cannot open {}: {}", shown(place_.work_tree.string()),
                                      std::strerror(errno)));
    }
    if (Status found = find_changed(); !found) return found.error();
    // Before anything new is looked for: where a file was there may be a folder now.
    if (Status removed = remove_gone(); !removed) return removed.error();
    if (Status found = find_new(); !found) return found.error();
    if (Status checked = refuse_filtered(); !checked) return checked.error();
    if (Status updated = read_changed(); !updated) return updated.error();
    Result<std::string> id = git_output(place_, "write a tree", {"write-tree"});
    if (!id) return id.error();
    return TakenTree{one_line(std::move(*id)), all_seen_};
  }

 private:
  // Changes of what the index has. Submodules are not looked into: git would run in them, by their
  // own configuration.
  Status find_changed() {
    Result<std::string> output = git_output(place_, "look for changed files",
                                            {"diff-files", "-z", "--name-status", "--no-renames",
                                             "--no-ext-diff", "--ignore-submodules=all"});
    if (!output) return output.error();
    const std::vector<std::string> fields = fields_of(*output);
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (Status added = add(fields[i + 1], fields[i] == "D"); !added) return added;
    }
    return {};
  }

  Status find_new() {
    Result<std::vector<std::string>> listed = list_new(place_);
    if (!listed) return listed.error();
    std::vector<std::string> nested;
    for (std::string& path : *listed) {
      if (path.ends_with('/')) {
        nested.push_back(std::move(path));
      } else if (Status added = add(path, false); !added) {
        return added;
      }
    }
    return mode_ == TakeMode::kWorker && !nested.empty() ? add_nested(std::move(nested)) : Status();
  }

  // Files the index does not have and nothing ignores; "x/" is a nested repository.
  Result<std::vector<std::string>> list_new(const GitPlace& place) {
    Result<ProgramOutput> output = git(place, {"ls-files", "-z", "--others", "--exclude-standard"});
    if (!output) return output.error();
    if (output->status != 0) {
      return system_error(fmt::format("cannot list the files of {}: {}",
                                      shown(place.work_tree.string()), complaint_of(*output)));
    }
    if (output->err.find("could not open directory") != std::string::npos) all_seen_ = false;
    return fields_of(output->out);
  }

  // What git would make a submodule that nobody can fetch, and so lose. Listed as if each were the
  // top; the rules of what surrounds it are asked for afterwards.
  Status add_nested(std::vector<std::string> nested) {
    std::vector<std::string> files;
    for (std::size_t i = 0; i < nested.size(); ++i) {
      if (i == kMaxNested) {
        return input_error(fmt::format("there are more than {} repositories in {}: remove some",
                                       kMaxNested, shown(place_.work_tree.string())));
      }
      GitPlace inner = place_;
      inner.work_tree /= nested[i];
      inner.index += ".none";
      Result<std::vector<std::string>> listed = list_new(inner);
      if (!listed) return listed.error();
      const std::string prefix = nested[i];
      for (const std::string& path : *listed) {
        (path.ends_with('/') ? nested : files).push_back(prefix + path);
      }
    }
    Result<std::vector<std::string>> left_out = ignored_of(files);
    if (!left_out) return left_out.error();
    auto next = left_out->begin();
    for (const std::string& path : files) {
      if (next != left_out->end() && path == *next) {
        ++next;
      } else if (Status added = add(path, false); !added) {
        return added;
      }
    }
    return {};
  }

  // Which of them the rules of this folder ignore, in the order asked.
  Result<std::vector<std::string>> ignored_of(const std::vector<std::string>& files) const {
    // From "." on, for check-ignore cannot be told that a path means nothing but itself.
    std::string asked;
    for (const std::string& path : files) asked.append("./").append(path).push_back('\0');
    Result<ProgramOutput> ignored = git(
        place_, {"--no-literal-pathspecs", "check-ignore", "-z", "--stdin", "--no-index"}, asked);
    if (!ignored) return ignored.error();
    if (ignored->status > 1) {
      return system_error(fmt::format("cannot ask which files of {} are ignored: {}",
                                      shown(place_.work_tree.string()), complaint_of(*ignored)));
    }
    std::vector<std::string> paths = fields_of(ignored->out);
    for (std::string& path : paths) path.erase(0, 2);
    return paths;
  }

  Status add(const std::string& path, bool gone) {
    struct stat info = {};
    gone = gone || ::fstatat(folder_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
           !(S_ISREG(info.st_mode) || S_ISLNK(info.st_mode));
    (gone ? gone_ : there_).push_back(path);
    if (gone) return {};
    changed_bytes_ += info.st_size;
    if (info.st_size <= kMaxFileBytes && changed_bytes_ <= kMaxChangedBytes) return {};
    return input_error(
        fmt::format("{} is too large to be kept in the repository ({} MiB; at most {} MiB a file "
                    "and {} MiB changed at a time): remove it, or name it in .gitignore",
                    shown(path), info.st_size >> 20, kMaxFileBytes >> 20, kMaxChangedBytes >> 20));
  }

  Status refuse_filtered() const {
    if (mode_ != TakeMode::kUser || there_.empty()) return {};
    Result<std::string> output = git_output(
        place_, "look for filters", {"check-attr", "-z", "--stdin", "filter"}, joined(there_));
    if (!output) return output.error();
    const std::vector<std::string> fields = fields_of(*output);  // path, "filter", value
    for (std::size_t i = 0; i + 2 < fields.size(); i += 3) {
      const std::string& filter = fields[i + 2];
      if (filter == "unspecified" || filter == "unset" || filter == "set") continue;
      return usage_error(fmt::format(
          "{} is changed, and git stores it through the filter \"{}\", a program that is not run "
          "here: commit the file first, or leave uncommitted changes out",
          shown(fields[i]), shown(filter)));
    }
    return {};
  }

  Status remove_gone() const {
    if (gone_.empty()) return {};
    Result<std::string> done =
        git_output(place_, "note removed files",
                   {"update-index", "--force-remove", "-z", "--stdin"}, joined(gone_));
    return done ? Status() : Status(done.error());
  }

  // Names git keeps for itself are passed over, with a word to nobody.
  Status read_changed() const {
    if (there_.empty()) return {};
    Result<std::string> done = git_output(
        place_, "read the changed files",
        {"update-index", "--add", "--remove", "--replace", "-z", "--stdin"}, joined(there_));
    return done ? Status() : Status(done.error());
  }

  const GitPlace& place_;
  TakeMode mode_;
  Fd folder_;
  std::vector<std::string> there_;  // changed or new: to be read
  std::vector<std::string> gone_;
  bool all_seen_ = true;
  std::int64_t changed_bytes_ = 0;
};

}  // namespace

Result<TakenTree> take_tree(const GitPlace& place, TakeMode mode) {
  return Taker(place, mode).take();
}

}  // namespace baton
