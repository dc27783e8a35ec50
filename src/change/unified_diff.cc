#include "change/unified_diff.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "change/unified_diff_hunk.h"
#include "change/unified_diff_lines.h"
#include "change/unified_diff_path.h"

namespace baton {
namespace {

using State = ChangedFile::State;
using diff::take;

constexpr std::size_t kMaxDescription = 8 * 1024;

// "a/x.png and b/x.png", of "Binary files a/x.png and b/x.png differ".
std::optional<std::string_view> binary_pair(std::string_view line) {
  constexpr std::string_view kEnd = " differ";
  if (!take(line, "Binary files ") || !line.ends_with(kEnd)) return std::nullopt;
  line.remove_suffix(kEnd.size());
  return line.find(" and ") == line.npos ? std::nullopt : std::optional(line);
}

// What the lines between "diff --git" and the hunks say.
struct GitHeader {
  std::optional<diff::GitNames> names;
  std::string old_mode;
  std::string new_mode;
  std::optional<std::string> moved_from;
  std::optional<std::string> moved_to;
  bool copied = false;
  bool added = false;
  bool deleted = false;

  bool has_mode(std::string_view mode) const { return old_mode == mode || new_mode == mode; }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_{split_lines(text)} {}

  Result<Change> parse() {
    while (!lines_.at_end()) {
      if (Status status = parse_one(); !status.ok()) return status.error();
    }
    if (!seen_file_ && description_.find_first_not_of(" \t\n") != description_.npos) {
      return input_error(fmt::format(
          "not a unified diff: none of its {} lines is a file header (\"diff --git\" or \"---\" "
          "and \"+++\")",
          lines_.all.size()));
    }
    while (description_.ends_with('\n')) description_.pop_back();
    change_.description = shorten(to_utf8(description_), kMaxDescription);
    return std::move(change_);
  }

 private:
  Status parse_one() {
    const std::string_view line = lines_.here();
    if (line.starts_with("diff --git ")) return git_file();
    if (line.starts_with("diff --cc ") || line.starts_with("diff --combined ")) return merge_file();
    if (line.starts_with("--- ") && lines_.next_starts("+++ ")) return plain_file();
    if (const auto pair = binary_pair(line)) return plain_binary(*pair);
    if (line.starts_with("Submodule ")) return submodule_log();
    if (diff::looks_like_hunk(line)) {
      return lines_.error_here(
          "a hunk without a file: no \"---\" and \"+++\" lines stand before it");
    }
    if (!seen_file_) description_.append(line).append("\n");
    ++lines_.at;
    return {};
  }

  Status git_file() {
    const std::size_t start = lines_.at;
    seen_file_ = true;
    GitHeader header;
    std::string_view line = lines_.here();
    take(line, "diff --git ");
    header.names = diff::git_header_names(line);
    ++lines_.at;
    if (Status status = extended_headers(header); !status.ok()) return status;

    std::vector<Hunk> hunks;
    std::optional<diff::Names> names;
    bool binary = false;
    if (lines_.here().starts_with("--- ")) {
      std::optional<bool> prefixed;
      if (header.names) prefixed = header.names->prefixed;
      Result<diff::Names> sides = side_names(prefixed);
      if (!sides) return sides.error();
      names = *sides;
      Result<std::vector<Hunk>> read = diff::read_hunks(lines_, not_utf8_);
      if (!read) return read.error();
      hunks = std::move(*read);
    } else {
      binary = skip_binary();
    }
    Result<ChangedFile> file = named_by_git(header, names, start);
    if (!file) return file.error();
    file->hunks = std::move(hunks);
    std::optional<std::string> skip_reason = why_skipped(header, *file, binary);
    return keep(std::move(*file), std::move(skip_reason), start);
  }

  Status extended_headers(GitHeader& header) {
    for (; !lines_.at_end(); ++lines_.at) {
      std::string_view line = lines_.here();
      if (take(line, "old mode ")) {
        header.old_mode = line;
      } else if (take(line, "new mode ")) {
        header.new_mode = line;
      } else if (take(line, "deleted file mode ")) {
        header.deleted = true;
        header.old_mode = line;
      } else if (take(line, "new file mode ")) {
        header.added = true;
        header.new_mode = line;
      } else if (take(line, "rename from ") || take(line, "copy from ")) {
        header.copied = lines_.here().starts_with("copy");
        header.moved_from = diff::name_in(line);
        if (!header.moved_from) return lines_.error_here("the quoted file name is broken");
      } else if (take(line, "rename to ") || take(line, "copy to ")) {
        header.moved_to = diff::name_in(line);
        if (!header.moved_to) return lines_.error_here("the quoted file name is broken");
      } else if (line.starts_with("index ")) {
        const std::size_t space = line.rfind(' ');
        if (space > 6) header.new_mode = line.substr(space + 1);  // "index 1a2b..3c4d 100644"
      } else if (!line.starts_with("similarity index ") &&
                 !line.starts_with("dissimilarity index ")) {
        return {};
      }
    }
    return {};
  }

  Result<ChangedFile> named_by_git(const GitHeader& header, const std::optional<diff::Names>& names,
                                   std::size_t start) {
    ChangedFile file;
    if (header.moved_from && header.moved_to) {
      file.state = header.copied ? State::kAdded : State::kRenamed;
      file.path = *header.moved_to;
      file.old_path = header.copied ? *header.moved_to : *header.moved_from;
      return file;
    }
    file.state = header.added ? State::kAdded : header.deleted ? State::kDeleted : State::kModified;
    if (names) {
      if (names->old_name == diff::kNothing) file.state = State::kAdded;
      if (names->new_name == diff::kNothing) file.state = State::kDeleted;
      file.path = file.state == State::kDeleted ? names->old_name : names->new_name;
    } else if (header.names) {
      file.path = header.names->name;
    }
    if (file.path.empty() || file.path == diff::kNothing) {
      lines_.at = start;
      return lines_.error_here("cannot tell which file this \"diff --git\" is about");
    }
    file.old_path = file.path;
    return file;
  }

  static std::optional<std::string> why_skipped(const GitHeader& header, const ChangedFile& file,
                                                bool binary) {
    if (header.has_mode("160000")) return "submodule";
    if (header.has_mode("120000")) return "symbolic link";
    if (binary) return "binary";
    if (!file.hunks.empty()) return std::nullopt;
    if (header.moved_from) {
      return fmt::format("{} from {} without changes", header.copied ? "copied" : "renamed",
                         to_utf8(*header.moved_from));
    }
    if (header.added || header.deleted) return "empty";
    return "only its mode changed";
  }

  Status plain_file() {
    const std::size_t start = lines_.at;
    seen_file_ = true;
    Result<diff::Names> names = side_names(std::nullopt);
    if (!names) return names.error();
    Result<std::vector<Hunk>> hunks = diff::read_hunks(lines_, not_utf8_);
    if (!hunks) return hunks.error();

    ChangedFile file;
    const Hunk& only = hunks->front();
    const bool one = hunks->size() == 1;
    // diff -N names a missing file like any other, and dates it 1970; an empty side gives it away.
    const bool added = names->old_name == diff::kNothing || (one && only.old_first == 0);
    const bool deleted = names->new_name == diff::kNothing || (one && only.new_first == 0);
    file.state = added ? State::kAdded : deleted ? State::kDeleted : State::kModified;
    file.path = names->new_name == diff::kNothing ? names->old_name : names->new_name;
    file.old_path = file.path;
    file.hunks = std::move(*hunks);
    return keep(std::move(file), std::nullopt, start);
  }

  // As diff -r says it, without a header.
  Status plain_binary(std::string_view pair) {
    const std::size_t start = lines_.at++;
    seen_file_ = true;
    const std::size_t middle = pair.find(" and ");
    diff::Names names = diff::without_prefixes(std::string(pair.substr(0, middle)),
                                               std::string(pair.substr(middle + 5)), {});
    ChangedFile file;
    file.path = names.new_name == diff::kNothing ? names.old_name : names.new_name;
    return keep(std::move(file), "binary", start);
  }

  // Of "Submodule libs/x 1a2b3c4..5d6e7f8:", as git says it with diff.submodule=log. The same word
  // may begin a sentence of a commit message, so two commits must be named.
  Status submodule_log() {
    const std::size_t start = lines_.at++;
    std::string_view line = lines_.all[start];
    take(line, "Submodule ");
    const std::size_t space = line.find(' ');
    if (space == line.npos || line.find("..", space) == line.npos) {
      if (!seen_file_) description_.append(lines_.all[start]).append("\n");
      return {};
    }
    seen_file_ = true;
    ChangedFile file;
    file.path = line.substr(0, space);
    return keep(std::move(file), "submodule", start);
  }

  // A merge shown against several parents at once: its hunks have no single old side.
  Status merge_file() {
    const std::size_t start = lines_.at;
    seen_file_ = true;
    std::string_view line = lines_.here();
    if (!take(line, "diff --cc ")) take(line, "diff --combined ");
    ChangedFile file;
    const std::optional<std::string> name = diff::name_in(line);
    if (!name || name->empty())
      return lines_.error_here("the file name is missing or its quoting broken");
    file.path = *name;
    ++lines_.at;
    while (!lines_.at_end() && !lines_.here().starts_with("diff --")) ++lines_.at;
    return keep(std::move(file), "a merge's combined diff", start);
  }

  bool skip_binary() {
    if (binary_pair(lines_.here())) {
      ++lines_.at;
      return true;
    }
    if (lines_.here() != "GIT binary patch") return false;
    ++lines_.at;
    while (lines_.here().starts_with("literal ") || lines_.here().starts_with("delta ")) {
      while (!lines_.here().empty()) ++lines_.at;
      if (!lines_.at_end()) ++lines_.at;
    }
    return true;
  }

  // The "---" and "+++" lines.
  Result<diff::Names> side_names(std::optional<bool> prefixed) {
    std::optional<std::string> old_name = diff::name_in(lines_.here().substr(4));
    if (!old_name || old_name->empty())
      return lines_.error_here("the file name after --- is broken");
    ++lines_.at;
    if (!lines_.here().starts_with("+++ "))
      return lines_.error_here("a \"+++\" line must follow the \"---\"");
    std::optional<std::string> new_name = diff::name_in(lines_.here().substr(4));
    if (!new_name || new_name->empty())
      return lines_.error_here("the file name after +++ is broken");
    if (*old_name == diff::kNothing && *new_name == diff::kNothing) {
      return lines_.error_here("both sides of the file are /dev/null");
    }
    ++lines_.at;
    return diff::without_prefixes(std::move(*old_name), std::move(*new_name), prefixed);
  }

  Status keep(ChangedFile file, std::optional<std::string> skip_reason, std::size_t start) {
    const bool not_utf8 = std::exchange(not_utf8_, false);
    diff::normalise(file.path);
    if (const auto objection = diff::objection_to(file.path)) skip_reason = objection;
    // Two such names can look the same once they are made readable.
    if (!is_utf8(file.path)) skip_reason = "its name is not UTF-8";
    file.path = to_utf8(file.path);
    diff::normalise(file.old_path);
    file.old_path = to_utf8(file.old_path);
    if (skip_reason) {
      change_.skipped.push_back({std::move(file.path), *std::move(skip_reason)});
      return {};
    }
    if (not_utf8) {
      change_.notes.push_back(fmt::format(
          "{} is not UTF-8: each byte that belongs to no character is shown as U+FFFD", file.path));
    }
    const auto [known, is_new] = places_.try_emplace(file.path, change_.files.size());
    if (is_new) {
      change_.files.push_back(std::move(file));
      return {};
    }
    // git shows a file that became something else as deleted, then added.
    ChangedFile& before = change_.files[known->second];
    if (before.state == State::kDeleted && file.state == State::kAdded) {
      before = std::move(file);
      return {};
    }
    lines_.at = start;
    return lines_.error_here(fmt::format(
        "{} is changed a second time; patches that follow on each other cannot be reviewed as one: "
        "give the revision range, or one diff from the first state to the last",
        file.path));
  }

  diff::Lines lines_;
  bool seen_file_ = false;
  bool not_utf8_ = false;  // a line of the file being read was not
  std::string description_;
  std::map<std::string, std::size_t> places_;  // path -> index in files
  Change change_;
};

}  // namespace

Result<Change> parse_unified_diff(std::string_view text) {
  Result<Change> change = Parser(text).parse();
  if (change) change->kind = Change::Kind::kDiff;
  return change;
}

}  // namespace baton
