#include "worktree/left_over.h"

#include <algorithm>
#include <system_error>

namespace baton {
namespace {

namespace fs = std::filesystem;

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    std::error_code gone;
    if (entries->symlink_status(gone).type() != fs::file_type::regular) continue;
    const std::uintmax_t size = entries->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace

std::vector<LeftOver> run_repositories(const fs::path& state_folder) {
  std::vector<LeftOver> found;
  std::error_code error;
  fs::directory_iterator entries(state_folder / "worktrees", error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code gone;
    if (entries->symlink_status(gone).type() != fs::file_type::directory) continue;
    found.push_back({entries->path(), bytes_in(entries->path())});
  }
  std::sort(found.begin(), found.end(),
            [](const LeftOver& left, const LeftOver& right) { return left.path < right.path; });
  return found;
}

}  // namespace baton
