#include "mock_api/facts.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace baton::mock_api {
namespace {

constexpr std::size_t kMaxFiles = 20'000;
constexpr std::size_t kMaxPath = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_path_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' || c == '_' ||
         c == '-' || c == '+' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

// "src/a.cc", "Makefile.am", "docs/README"; not "e.g.", "3.14", "https://…" or "and/or".
bool looks_like_path(std::string_view word) {
  if (word.size() < 3 || word.size() > kMaxPath || word.find("//") != word.npos) return false;
  const std::size_t slash = word.rfind('/');
  const std::string_view name = slash == word.npos ? word : word.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (name.empty() || dot == name.npos) return false;
  const std::string_view extension = name.substr(dot + 1);
  if (extension.empty() || extension.size() > 8) return false;
  const bool word_like = std::all_of(extension.begin(), extension.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
  });
  return word_like && !is_digit(extension.front()) && (dot >= 2 || slash != word.npos || dot == 0);
}

std::optional<int> read_number(std::string_view text, std::size_t& at) {
  int number = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc() || end == begin || number < 0) return std::nullopt;
  at += static_cast<std::size_t>(end - begin);
  return number;
}

struct NumberedLine {
  int number = 0;
  char mark = ' ';  // '+', '-' or ' '
};

// "  42| text", "42: text", "+  42| text", "42 + | text", "42|+text".
std::optional<NumberedLine> numbered_line(std::string_view line) {
  NumberedLine found;
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t' || line[at] == '+' ||
                                line[at] == '-' || line[at] == '>' || line[at] == '*')) {
      if (line[at] == '+' || line[at] == '-') found.mark = line[at];
      ++at;
    }
  };
  skip();
  if (at >= line.size() || !is_digit(line[at])) return std::nullopt;
  const std::optional<int> number = read_number(line, at);
  if (!number) return std::nullopt;
  skip();
  if (at >= line.size() || (line[at] != '|' && line[at] != ':')) return std::nullopt;
  if (at + 1 < line.size() && (line[at + 1] == '+' || line[at + 1] == '-') && line[at] == '|') {
    found.mark = line[at + 1];
  }
  found.number = *number;
  return found;
}

// "    42|+ text", and "      |- text" for a line that is gone.
bool is_gutter_line(std::string_view line) {
  const std::size_t bar = line.find_first_not_of(" 0123456789");
  return bar != line.npos && bar > 0 && line[bar] == '|' && bar + 1 < line.size() &&
         (line[bar + 1] == '+' || line[bar + 1] == '-' || line[bar + 1] == ' ');
}

class Reader {
 public:
  void line(std::string_view text) {
    // A hunk's lines may be shown with their numbers instead of as a diff.
    if (in_hunk_ && !is_gutter_line(text) && hunk_line(text)) return;
    in_hunk_ = false;
    if (text.starts_with("@@ ")) return hunk_head(text);
    if (text.starts_with("--- ") || text.starts_with("diff --git ")) return;
    if (text.starts_with("+++ ")) return new_side(text.substr(4));
    if (const std::optional<NumberedLine> numbered = numbered_line(text)) {
      if (numbered->mark != '-') show(numbered->number, numbered->mark == '+');
      return;
    }
    if (is_gutter_line(text) || heading(text)) return;
    prose(text);
  }

  std::vector<FileFacts> take() {
    for (FileFacts& file : files_) {
      for (std::vector<int>* lines : {&file.shown, &file.added}) {
        std::sort(lines->begin(), lines->end());
        lines->erase(std::unique(lines->begin(), lines->end()), lines->end());
      }
    }
    const auto keep = [this](auto telling) {
      if (std::none_of(files_.begin(), files_.end(), telling)) return false;
      std::erase_if(files_, [&](const FileFacts& file) { return !telling(file); });
      return true;
    };
    if (!keep([](const FileFacts& file) { return !file.added.empty(); })) {
      keep([](const FileFacts& file) { return !file.shown.empty(); });
    }
    return std::move(files_);
  }

 private:
  void new_side(std::string_view path) {
    if (const std::size_t tab = path.find('\t'); tab != path.npos) path = path.substr(0, tab);
    if (path.size() > 1 && path.front() == '"' && path.back() == '"') {
      path = path.substr(1, path.size() - 2);
    }
    if (path.starts_with("b/")) path.remove_prefix(2);
    current_ = npos;
    if (path != "/dev/null" && !path.empty()) speak_of(path);
  }

  void hunk_head(std::string_view text) {
    const std::size_t minus = text.find('-');
    const std::size_t plus = text.find(" +");
    if (minus == text.npos || plus == text.npos) return;
    std::size_t at = minus + 1;
    if (!read_number(text, at)) return;
    old_left_ = line_count(text, at);
    at = plus + 2;
    const std::optional<int> first = read_number(text, at);
    if (!first) return;
    new_left_ = line_count(text, at);
    next_line_ = *first;
    in_hunk_ = true;
  }

  // ",7" behind the first line of a hunk's side; without it there is one line.
  static int line_count(std::string_view text, std::size_t at) {
    if (at >= text.size() || text[at] != ',') return 1;
    ++at;
    return read_number(text, at).value_or(1);
  }

  // False where the hunk has ended: the counts say it, for a removed "-- x" looks like a file head.
  bool hunk_line(std::string_view text) {
    if (old_left_ <= 0 && new_left_ <= 0) return false;
    const char kind = text.empty() ? ' ' : text.front();  // a blank context line may be stripped
    if (kind != '+' && kind != '-' && kind != ' ' && kind != '\\') return false;
    if (kind == '\\') return true;
    if (kind != '+') --old_left_;
    if (kind != '-') {
      --new_left_;
      show(next_line_++, kind == '+');
    }
    return true;
  }

  // "### any name (modified, 12 lines)", also behind "- ": the name may have spaces or no dot.
  bool heading(std::string_view text) {
    const bool listed = text.starts_with("- ");
    if (!listed && !text.starts_with('#')) return false;
    if (!text.ends_with(" lines)")) return false;
    const std::size_t begin = text.find_first_not_of("#- ");
    const std::size_t end = text.rfind(" (");
    if (begin == text.npos || end == text.npos || end <= begin) return false;
    speak_of(text.substr(begin, end - begin));
    return true;
  }

  // A path in quotes or behind "file:" may have spaces; others are words that look like paths.
  void prose(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c == '`' || c == '"') {
        const std::size_t end = text.find(c, at + 1);
        if (end != text.npos && looks_like_path(text.substr(at + 1, end - at - 1))) {
          speak_of(text.substr(at + 1, end - at - 1));
          at = end + 1;
          range(text, at);
          continue;
        }
      }
      if (!is_path_char(c)) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && is_path_char(text[end])) ++end;
      std::string_view word = text.substr(at, end - at);
      while (!word.empty() && (word.back() == '.' || word.back() == '-')) word.remove_suffix(1);
      const bool address = end < text.size() && text.substr(end).starts_with("://");
      at = end;
      if (address) {
        while (at < text.size() && text[at] != ' ') ++at;
      } else if (looks_like_path(word)) {
        speak_of(word);
        range(text, at);
      }
    }
  }

  // ":12-40", " (lines 12-40, 50-60)" behind a path: those lines count as shown.
  void range(std::string_view text, std::size_t at) {
    constexpr int kMaxRange = 2'000;
    constexpr std::string_view kLines = "line";
    if (at < text.size() && text[at] == ':') {
      ++at;
    } else {
      const std::size_t found = text.find(kLines, at);
      if (found == text.npos || found > at + 4) return;
      at = found + kLines.size();
      while (at < text.size() && (text[at] == 's' || text[at] == ' ' || text[at] == ':')) ++at;
    }
    while (at < text.size() && is_digit(text[at])) {
      const std::optional<int> first = read_number(text, at);
      if (!first) return;
      int last = *first;
      while (at < text.size() && text[at] == ' ') ++at;
      if (at + 1 < text.size() && (text[at] == '-') && is_digit(text[at + 1])) {
        ++at;
        last = read_number(text, at).value_or(*first);
      }
      for (int line = *first; line <= last && line < *first + kMaxRange; ++line) show(line, false);
      while (at < text.size() && (text[at] == ',' || text[at] == ' ')) ++at;
    }
  }

  void speak_of(std::string_view path) {
    const auto known = by_path_.find(std::string(path));
    if (known != by_path_.end()) {
      current_ = known->second;
      return;
    }
    if (files_.size() >= kMaxFiles) return;
    current_ = files_.size();
    by_path_.emplace(path, current_);
    files_.push_back({.path = std::string(path)});
  }

  void show(int line, bool added) {
    if (current_ == npos || line <= 0) return;
    files_[current_].shown.push_back(line);
    if (added) files_[current_].added.push_back(line);
  }

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::vector<FileFacts> files_;
  std::unordered_map<std::string, std::size_t> by_path_;
  std::size_t current_ = npos;
  bool in_hunk_ = false;
  int next_line_ = 0;
  int old_left_ = 0;  // lines of the hunk still to come
  int new_left_ = 0;
};

}  // namespace

namespace {

// "Task: a title (naming_convention_check)".
std::string type_in_brackets(std::string_view text) {
  for (const std::string_view line : split_lines(text)) {
    const std::size_t open = line.rfind('(');
    if (!line.starts_with("Task") || open == line.npos || !line.ends_with(')')) continue;
    const std::string_view word = line.substr(open + 1, line.size() - open - 2);
    const bool snake = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return is_lower(c) || is_digit(c) || c == '_';
    });
    if (snake) return std::string(word);
  }
  return {};
}

}  // namespace

Facts facts_of(std::string_view text) {
  Reader reader;
  for (const std::string_view line : split_lines(text)) reader.line(line);
  return {.files = reader.take(), .task_types = task_types_of(text)};
}

std::vector<std::string> task_types_of(std::string_view text) {
  std::vector<std::string> types;
  std::unordered_set<std::string_view> seen;
  for (std::string_view line : split_lines(text)) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == line.npos || line.substr(start, 2) != "- ") continue;
    line.remove_prefix(start + 2);
    if (line.starts_with('`')) line.remove_prefix(1);
    std::size_t end = 0;
    while (end < line.size() && (is_lower(line[end]) || is_digit(line[end]) || line[end] == '_')) {
      ++end;
    }
    const std::string_view word = line.substr(0, end);
    std::string_view rest = line.substr(end);
    if (rest.starts_with('`')) rest.remove_prefix(1);
    const bool snake = !word.empty() && is_lower(word.front()) && word.find('_') != word.npos;
    if (!snake || !(rest.starts_with(':') || rest.starts_with(" ("))) continue;
    if (seen.insert(word).second) types.emplace_back(word);
  }
  if (types.empty()) {
    const std::string named = type_in_brackets(text);
    if (!named.empty()) types.push_back(named);
  }
  return types;
}

}  // namespace baton::mock_api
