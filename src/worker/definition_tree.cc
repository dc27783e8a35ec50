#include "worker/definition_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "intake/read_beneath.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 5000;
constexpr std::size_t kMostBytes = 8 << 20;
constexpr int kMostDepth = 8;
constexpr std::string_view kSkillFile = "SKILL.md";

std::string_view why_not_read(const FileRead& file) {
  switch (file.kind) {
    case FileRead::Kind::kRead:
      return {};
    case FileRead::Kind::kMissing:
      return "is not there";
    case FileRead::Kind::kSymbolicLink:
      return "is a symbolic link: none is followed in a repository";
    case FileRead::Kind::kFolder:
      return "is a folder";
    case FileRead::Kind::kTooLarge:
      return "is above 256 KiB: not read";
    case FileRead::Kind::kUnreadable:
      return file.why;
  }
  return {};
}

const FileRead kLink{.kind = FileRead::Kind::kSymbolicLink};

class TreeReader {
 public:
  explicit TreeReader(const TreePlace& place) : place_(place) {}

  DefinitionTree workers() && {
    if (is_there()) walk("", 0);
    return std::move(tree_);
  }

  DefinitionTree skills() && {
    if (!is_there()) return std::move(tree_);
    for (const fs::directory_entry& entry : entries_of("")) {
      const fs::path name = entry.path().filename();
      const fs::file_type type = type_of(entry.path());
      if (type == fs::file_type::symlink) problem(name, why_not_read(kLink));
      if (type != fs::file_type::directory) continue;
      const fs::path file = name / kSkillFile;
      std::error_code error;
      if (fs::exists(fs::symlink_status(at(file), error))) read(file);
      if (is_full_) break;
    }
    return std::move(tree_);
  }

 private:
  fs::path at(const fs::path& path) const { return place_.root / place_.below / path; }
  std::string shown(const fs::path& path) const {
    return path.empty() ? place_.shown : to_utf8((fs::path(place_.shown) / path).string());
  }

  // A link, in a repository, is itself; elsewhere it is what it leads to.
  fs::file_type type_of(const fs::path& path) {
    std::error_code error;
    const fs::file_type type = fs::symlink_status(path, error).type();
    if (type != fs::file_type::symlink) return type;
    if (!place_.is_repository) return fs::status(path, error).type();
    return type;
  }

  bool is_there() {
    fs::path step = place_.root;
    for (const fs::path& name : fs::path(place_.below)) {
      step /= name;
      const fs::file_type type = type_of(step);
      if (type == fs::file_type::symlink) problem("", "is behind a symbolic link: not read");
      if (type != fs::file_type::directory) return false;
    }
    return true;
  }

  // Sorted, without the hidden ones.
  std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;
    for (fs::directory_iterator it(at(folder), error), end; !error && it != end;
         it.increment(error)) {
      if (++entries_seen_ > kMostEntries) {
        problem(folder,
                fmt::format("has more than {} entries: the rest is not read", kMostEntries));
        break;
      }
      if (!it->path().filename().native().starts_with('.')) entries.push_back(*it);
    }
    if (error) problem(folder, "cannot be listed: " + error.message());
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  void walk(const fs::path& folder, int depth) {
    for (const fs::directory_entry& entry : entries_of(folder)) {
      const fs::path path = folder / entry.path().filename();
      switch (type_of(entry.path())) {
        case fs::file_type::directory:
          if (depth + 1 < kMostDepth) {
            walk(path, depth + 1);
          } else {
            problem(path, fmt::format("is deeper than {} folders: not read", kMostDepth));
          }
          break;
        case fs::file_type::symlink:
          problem(path, why_not_read(kLink));
          break;
        default:
          if (path.extension() == ".md") read(path);
      }
      if (is_full_) return;
    }
  }

  void read(const fs::path& path) {
    FileRead file = bytes_of(path);
    if (file.kind != FileRead::Kind::kRead) return problem(path, why_not_read(file));
    bytes_ += file.bytes.size();
    is_full_ = tree_.files.size() == kMostDefinitions || bytes_ > kMostBytes;
    if (is_full_) {
      return problem(path, fmt::format("and what follows is not read: more than {} files or {} MiB",
                                       kMostDefinitions, kMostBytes >> 20));
    }
    tree_.files.push_back(
        {.shown = shown(path), .folder = at(path).parent_path(), .text = std::move(file.bytes)});
  }

  FileRead bytes_of(const fs::path& path) const {
    if (place_.is_repository) {
      const Result<Folder> root = Folder::open(place_.root);
      if (!root) return {.why = root.error().message};
      return root->read((fs::path(place_.below) / path).string(), kMostDefinition);
    }
    std::error_code error;
    const fs::path real = fs::canonical(at(path), error);
    if (error) return {.why = error.message()};
    const Result<Folder> parent = Folder::open(real.parent_path());
    if (!parent) return {.why = parent.error().message};
    return parent->read(real.filename().string(), kMostDefinition);
  }

  void problem(const fs::path& path, std::string_view what) {
    const std::string file = shown(path);
    tree_.problems.push_back({.file = file, .what = fmt::format("{}: {}", file, what)});
  }

  const TreePlace& place_;
  DefinitionTree tree_;
  std::size_t entries_seen_ = 0;
  std::size_t bytes_ = 0;
  bool is_full_ = false;
};

}  // namespace

DefinitionTree worker_files(const TreePlace& place) {
  return TreeReader(place).workers();
}

DefinitionTree skill_files(const TreePlace& place) {
  return TreeReader(place).skills();
}

}  // namespace baton
