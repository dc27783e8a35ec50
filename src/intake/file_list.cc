#include "intake/file_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/text.h"
#include "intake/git.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 200'000;

Error too_many(const fs::path& folder) {
  return usage_error(fmt::format("{} holds more than {} files: name a smaller part of it",
                                 to_utf8(folder.string()), kMaxFiles));
}

Result<FileList> list_repository(const fs::path& root, const fs::path& folder) {
  // The work tree is named, so that the repository's configuration cannot put it elsewhere.
  Result<std::string> output =
      git_output(folder, "list the files of " + to_utf8(folder.string()),
                 {"--work-tree=" + root.string(), "ls-files", "-z", "--cached", "--others",
                  "--exclude-standard", "--full-name"});
  if (!output) return output.error();
  FileList list{root, {}};
  std::string_view rest = *output;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    list.paths.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (list.paths.size() > kMaxFiles) return too_many(folder);
  }
  return list;
}

Result<FileList> walk(const fs::path& folder) {
  FileList list{folder, {}};
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    const bool is_folder = at->symlink_status(gone).type() == fs::file_type::directory;
    if (at->path().filename() == ".git") {
      at.disable_recursion_pending();
    } else if (!is_folder) {
      list.paths.push_back(at->path().lexically_relative(folder).string());
    }
    if (list.paths.size() > kMaxFiles) return too_many(folder);
  }
  if (error) {
    return usage_error(
        fmt::format("cannot list the files of {}: {}", to_utf8(folder.string()), error.message()));
  }
  return list;
}

}  // namespace

Result<FileList> list_files(const fs::path& folder) {
  std::error_code error;
  const fs::path there = fs::canonical(folder, error);
  if (error) {
    return usage_error(
        fmt::format("cannot read {}: {}", to_utf8(folder.string()), error.message()));
  }
  const std::optional<fs::path> root = repository_root(there);
  Result<FileList> list = root ? list_repository(*root, there) : walk(there);
  if (!list) return list.error();
  std::sort(list->paths.begin(), list->paths.end());
  list->paths.erase(std::unique(list->paths.begin(), list->paths.end()), list->paths.end());
  return list;
}

}  // namespace baton
