#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"
#include "change/unified_diff.h"
#include "intake/git.h"
#include "intake/intake.h"
#include "intake/intake_admission.h"
#include "intake/read_beneath.h"
#include "intake/repo_facts.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDiffBytes = 64 << 20;

// Whether every line the hunks show of the new side stands in the text where they say.
bool agrees(const ChangedFile& file, const std::string& text) {
  const std::vector<std::string_view> lines = split_lines(text);
  for (const Hunk& hunk : file.hunks) {
    auto number = static_cast<std::size_t>(hunk.new_first);
    for (const HunkLine& line : hunk.lines) {
      if (line.kind == HunkLine::Kind::kRemoved) continue;
      if (number > lines.size() || lines[number - 1] != line.text) return false;
      ++number;
    }
  }
  return true;
}

// The file's bytes in the folder, if they are what the diff left behind; else why not.
struct NewSide {
  std::optional<std::string> bytes;
  std::string problem;
};

NewSide new_side_of(const ChangedFile& file, const Folder& folder, std::string_view where) {
  FileRead read = folder.read(file.path, kMaxFileBytes);
  if (read.kind == FileRead::Kind::kMissing) {
    return {std::nullopt, fmt::format("the diff names {}, which is not in {}", file.path, where)};
  }
  if (read.kind != FileRead::Kind::kRead) {
    return {std::nullopt,
            fmt::format("{} in {} was not read ({})", file.path, where, why_not_read(read))};
  }
  if (is_binary_to_git(read.bytes) || !agrees(file, reviewable_text(read.bytes))) {
    return {std::nullopt, fmt::format("{} in {} is not as the diff leaves it", file.path, where)};
  }
  return {std::move(read.bytes), ""};
}

}  // namespace

Result<std::string> read_diff(const std::string& name) {
  const bool standard_input = name == "-";
  const auto failed = [&](std::string_view why) {
    return usage_error(fmt::format("cannot read the diff {}: {}",
                                   standard_input ? "on the standard input" : to_utf8(name), why));
  };
  std::error_code error;
  if (!standard_input && fs::is_directory(name, error)) {
    return failed("it is a folder; --diff takes a file, --tree reviews a folder");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      standard_input ? nullptr : std::fopen(name.c_str(), "rbe"),
      [](std::FILE* file) { return file == nullptr ? 0 : std::fclose(file); });
  std::FILE* file = standard_input ? stdin : opened.get();
  if (file == nullptr) return failed(std::strerror(errno));

  std::string text;
  std::string buffer(64 * 1024, '\0');
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer, 0, count);
    if (text.size() > kMaxDiffBytes) return failed("it is larger than 64 MiB");
  }
  if (std::ferror(file) != 0) return failed(std::strerror(errno));
  return text;
}

Result<Change> change_from_diff(std::string_view diff, std::string_view name,
                                const std::optional<fs::path>& repo) {
  const std::string title = name == "-" ? "standard input" : to_utf8(name);
  Result<Change> parsed = parse_unified_diff(diff);
  if (!parsed) {
    return usage_error(fmt::format("cannot read the diff {}: {}", title, parsed.error().message));
  }
  Change change;
  change.kind = Change::Kind::kDiff;
  change.title = title;
  change.description = std::move(parsed->description);
  change.skipped = std::move(parsed->skipped);
  change.notes = std::move(parsed->notes);

  std::optional<Folder> folder;
  fs::path root;
  if (repo) {
    root = repository_root(*repo).value_or(*repo);
    Result<Folder> opened = Folder::open(root);
    if (!opened) return opened.error();
    folder.emplace(std::move(*std::move(opened)));
  }
  const std::string where = to_utf8(root.string());
  Admission admission(change);
  for (ChangedFile& file : parsed->files) {
    NewSide side;
    if (folder && file.state != ChangedFile::State::kDeleted) {
      side = new_side_of(file, *folder, where);
    }
    if (!side.problem.empty()) {
      change.notes.push_back(side.problem + ": only the lines the diff shows are reviewed");
    }
    admission.admit(std::move(file), side.bytes);
  }
  std::vector<RepoFile> files;
  if (folder) {
    Result<std::vector<RepoFile>> listed = files_of_folder(root);
    if (listed) {
      files = std::move(*listed);
    } else {
      change.notes.push_back("the repository map has no other files: " + listed.error().message);
    }
  }
  change.map = repo_map_of(std::move(files), change);
  return change;
}

}  // namespace baton
