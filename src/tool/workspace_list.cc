#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "tool/workspace_open.h"
#include "tool/workspace_path.h"

namespace baton {
namespace {

// Names looked at for one listing: a bound on memory in a tree that was made to be too large.
constexpr std::size_t kMostNames = 1'000'000;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Listing {
 public:
  Listing(int workspace, bool recursive, std::size_t most)
      : workspace_(workspace), recursive_(recursive), most_(most) {}

  // 0, or errno.
  int add(const std::string& path) {
    Fd fd(open_beneath(workspace_, path, O_RDONLY | O_DIRECTORY));
    if (!fd.ok()) return errno;
    std::unique_ptr<DIR, CloseFolder> folder(fdopendir(fd.get()));
    if (folder == nullptr) return errno;
    (void)fd.release();  // the stream closes it
    const std::vector<std::string> names = names_in(folder.get());
    std::vector<WorkspaceEntry> found = entries_of(dirfd(folder.get()), path, names);
    folder.reset();  // one deep down must not keep all those above it open
    for (WorkspaceEntry& entry : found) {
      if (entries_.size() >= most_) return 0;
      entries_.push_back(std::move(entry));
      // What cannot be opened is listed, and empty.
      const WorkspaceEntry& last = entries_.back();
      if (recursive_ && last.kind == WorkspaceEntry::Kind::kFolder) add(std::string(last.path));
    }
    return 0;
  }

  std::vector<WorkspaceEntry> take() { return std::move(entries_); }

 private:
  std::vector<std::string> names_in(DIR* folder) {
    std::vector<std::string> names;
    while (const dirent* entry = readdir(folder)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || is_git_name(name)) continue;
      if (++names_ > kMostNames) break;
      names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::vector<WorkspaceEntry> entries_of(int folder, const std::string& path,
                                         const std::vector<std::string>& names) const {
    std::vector<WorkspaceEntry> found;
    const std::size_t room = most_ - std::min(most_, entries_.size());
    for (const std::string& name : names) {
      if (found.size() >= room) break;
      struct stat facts {};
      if (fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;  // just gone
      found.push_back({path.empty() ? name : fmt::format("{}/{}", path, name),
                       kind_of_mode(facts.st_mode), S_ISREG(facts.st_mode) ? facts.st_size : 0});
    }
    return found;
  }

  int workspace_;
  bool recursive_;
  std::size_t most_;
  std::size_t names_ = 0;
  std::vector<WorkspaceEntry> entries_;
};

}  // namespace

Result<std::vector<WorkspaceEntry>> Workspace::list(std::string_view path, bool recursive,
                                                    std::size_t most) const {
  const Result<WorkspaceEntry> folder = entry(path);
  if (!folder) return folder.error();
  if (folder->kind != WorkspaceEntry::Kind::kFolder) {
    return input_error(fmt::format("{} is not a folder", for_terminal(folder->path)));
  }
  Listing listing(fd_.get(), recursive, most);
  if (const int failed = listing.add(folder->path); failed != 0) {
    return system_error(
        fmt::format("cannot list {}: {}", for_terminal(folder->path), std::strerror(failed)));
  }
  return listing.take();
}

}  // namespace baton
