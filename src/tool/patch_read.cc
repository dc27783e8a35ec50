#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "tool/patch.h"

namespace baton {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

int take_number(std::string_view& text, int otherwise) {
  int value = otherwise;
  const char* begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), value);
  if (error != std::errc()) return otherwise;
  text.remove_prefix(static_cast<std::size_t>(end - begin));
  return value;
}

// What a hunk's header promises. Without numbers ("@@ … @@") it promises nothing.
struct Counts {
  std::optional<int> old_first;
  int old_lines = 0;
  int new_lines = 0;
};

Counts counts_in(std::string_view header) {
  Counts counts;
  if (!take(header, "@@ -")) return counts;
  const int first = take_number(header, -1);
  if (first >= 0) counts.old_first = first;
  counts.old_lines = take(header, ",") ? take_number(header, 0) : 1;
  if (!take(header, " +")) return counts;
  take_number(header, 0);
  counts.new_lines = take(header, ",") ? take_number(header, 0) : 1;
  return counts;
}

// The name behind "--- " or "+++ ": without its date and its "a/" or "b/". Empty: /dev/null.
std::string name_of(std::string_view line, std::string_view prefix) {
  line = line.substr(4);
  line = line.substr(0, line.find('\t'));
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  if (line == "/dev/null") return {};
  take(line, prefix);
  return std::string(line);
}

class PatchReader {
 public:
  explicit PatchReader(std::string_view text) {
    // Not split_lines(): a patch of a file with "\r\n" must keep them.
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines_.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Result<std::vector<FilePatch>> read() {
    while (at_ < lines_.size()) {
      if (Status status = read_one(); !status) return status.error();
    }
    end_rename();
    if (files_.empty()) {
      return input_error(
          "no file in the patch: each begins with the lines \"--- a/path\" and "
          "\"+++ b/path\"");
    }
    return std::move(files_);
  }

 private:
  std::string_view line(std::size_t further = 0) const {
    return at_ + further < lines_.size() ? lines_[at_ + further] : std::string_view();
  }

  Error refused(std::string_view why) const {
    return input_error(fmt::format("line {} of the patch: {}", at_ + 1, why));
  }

  bool file_begins() const { return line().starts_with("--- ") && line(1).starts_with("+++ "); }

  Status read_one() {
    if (file_begins()) return read_file();
    if (line().starts_with("diff --git ")) {
      end_rename();
    } else if (line().starts_with("@@")) {
      return refused(
          "a hunk without a file: \"--- a/path\" and \"+++ b/path\" must stand before it");
    } else if (line() == "GIT binary patch" || line().starts_with("Binary files ")) {
      return refused("binary files cannot be patched");
    } else if (line().starts_with("copy from ")) {
      return refused("copies are not applied: write the new file instead");
    } else if (line().starts_with("new file mode 12") || line().starts_with("new file mode 16")) {
      return refused("only regular files are patched, no links and no submodules");
    } else if (line().starts_with("rename from ")) {
      moved_.old_path = line().substr(12);
    } else if (line().starts_with("rename to ") && !moved_.old_path.empty()) {
      moved_.new_path = line().substr(10);
    } else if (!files_.empty() && belongs_to_hunk(line())) {
      return refused("outside of any hunk; is a line before it without its ' ', '+' or '-'?");
    }
    ++at_;
    return {};
  }

  // A file that was renamed and is otherwise the same has no hunks.
  void end_rename() {
    if (!moved_.old_path.empty() && !moved_.new_path.empty()) files_.push_back(moved_);
    moved_ = {};
  }

  Status read_file() {
    FilePatch file{name_of(line(), "a/"), name_of(line(1), "b/"), {}};
    if (file.old_path.empty() && file.new_path.empty()) return refused("names no file");
    if (file.old_path == moved_.old_path) moved_ = {};
    end_rename();
    at_ += 2;
    while (line().starts_with("@@")) {
      Result<PatchHunk> hunk = read_hunk();
      if (!hunk) return hunk.error();
      file.hunks.push_back(*std::move(hunk));
    }
    if (file.hunks.empty()) return refused("a hunk (\"@@ -1,3 +1,4 @@\") must follow here");
    files_.push_back(std::move(file));
    return {};
  }

  // "-- " begins the signature of a mail.
  static bool belongs_to_hunk(std::string_view text) {
    return (text.starts_with(' ') || text.starts_with('+') || text.starts_with('-')) &&
           text != "-- ";
  }

  // Whether the hunk goes on behind the empty lines that are here.
  bool goes_on_behind_empty() const {
    std::size_t further = 0;
    while (at_ + further < lines_.size() && line(further).empty()) ++further;
    if (line(further).starts_with("--- ") && line(further + 1).starts_with("+++ ")) return false;
    return belongs_to_hunk(line(further));
  }

  Result<PatchHunk> read_hunk() {
    const Counts counts = counts_in(line());
    PatchHunk hunk{line(), static_cast<int>(at_) + 1, counts.old_first, {}};
    int old_left = counts.old_lines;
    int new_left = counts.new_lines;
    for (++at_; at_ < lines_.size(); ++at_) {
      const bool complete = old_left <= 0 && new_left <= 0;
      const std::string_view text = line();
      if (text.starts_with('\\')) {
        if (!hunk.lines.empty()) hunk.lines.back().without_end = true;
        continue;
      }
      if (text.starts_with("@@") || text.starts_with("diff --git ")) break;
      if (file_begins() && (complete || line(2).starts_with("@@"))) break;
      // An empty line of context often lacks its space.
      if (complete && (text.empty() ? !goes_on_behind_empty() : !belongs_to_hunk(text))) break;
      if (!text.empty() && !belongs_to_hunk(text)) {
        return refused(
            fmt::format("each line of a hunk begins with ' ', '+' or '-', and {} of line "
                        "{} is not complete",
                        to_utf8(shorten(hunk.header, 60)), hunk.patch_line));
      }
      const char mark = text.empty() ? ' ' : text.front();
      if (mark != '+') --old_left;
      if (mark != '-') --new_left;
      hunk.lines.push_back({mark, text.empty() ? text : text.substr(1)});
    }
    // Promised more than there is: then what is empty at its end was no context either.
    while ((old_left > 0 || new_left > 0) && !hunk.lines.empty() &&
           hunk.lines.back() == PatchLine{}) {
      hunk.lines.pop_back();
    }
    return hunk;
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  FilePatch moved_;  // of "rename from" and "rename to"
  std::vector<FilePatch> files_;
};

}  // namespace

Result<std::vector<FilePatch>> read_patch(std::string_view text) {
  return PatchReader(text).read();
}

}  // namespace baton
