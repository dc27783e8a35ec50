#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"
#include "intake/file_list.h"
#include "intake/git.h"
#include "intake/intake.h"
#include "intake/intake_admission.h"
#include "intake/read_beneath.h"
#include "intake/repo_facts.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// What the user named: a folder's files, or the one file, whether or not git ignores it.
Result<FileList> named_files(const fs::path& path) {
  std::error_code error;
  const fs::path there = fs::canonical(path, error);
  if (error) {
    return usage_error(fmt::format("cannot read {}: {}", to_utf8(path.string()), error.message()));
  }
  if (fs::is_directory(there, error)) return list_files(there);
  const fs::path root = repository_root(there.parent_path()).value_or(there.parent_path());
  return FileList{root, {there.lexically_relative(root).string()}};
}

ChangedFile whole_file(const std::string& path) {
  return {.path = path, .old_path = path, .state = ChangedFile::State::kWhole};
}

void take_in(const Folder& folder, const std::string& path, Admission& admission) {
  if (path.ends_with('/')) return admission.skip(to_utf8(path), "another repository");
  if (!is_utf8(path)) return admission.skip(to_utf8(path), "its name is not UTF-8");
  const FileRead file = folder.read(path, kMaxFileBytes);
  // Tracked, but removed from the work tree: it is no part of it.
  if (file.kind == FileRead::Kind::kMissing) return;
  if (file.kind != FileRead::Kind::kRead) return admission.skip(path, why_not_read(file));
  if (file.bytes.empty()) return admission.skip(path, "empty");
  admission.admit(whole_file(path), file.bytes);
}

}  // namespace

Result<Change> change_from_tree(const fs::path& path) {
  Result<FileList> list = named_files(path);
  if (!list) return list.error();
  Result<Folder> folder = Folder::open(list->root);
  if (!folder) return folder.error();

  Change change;
  change.kind = Change::Kind::kTree;
  change.title = to_utf8(path.string());
  Admission admission(change);
  for (const std::string& name : list->paths) take_in(*folder, name, admission);

  std::vector<RepoFile> files;
  for (const ChangedFile& file : change.files) {
    files.push_back({file.path, static_cast<std::int64_t>(file.text->size())});
  }
  for (const SkippedFile& file : change.skipped) files.push_back({file.path, 0});
  change.map = repo_map_of(std::move(files), change);
  return change;
}

}  // namespace baton
