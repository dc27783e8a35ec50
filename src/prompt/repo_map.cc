#include "prompt/repo_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "prompt/map_lines.h"

namespace baton {
namespace {

constexpr std::size_t kMaxSymbolsOfAFile = 40;
constexpr std::size_t kMaxRangesOfAFile = 12;
constexpr std::size_t kMaxLevels = 6;
constexpr std::size_t kRoomToCountWhatIsLeftOut = 64;  // one line of it

std::string line_of(const ChangedFacts& file) {
  std::string line = fmt::format("{}  {}, {} lines, {} added", in_one_line(file.path), file.state,
                                 file.lines, file.added_lines);
  if (!file.reviewed.empty()) line += ", reviewed";
  for (std::size_t i = 0; i < file.reviewed.size() && i < kMaxRangesOfAFile; ++i) {
    line += " " + shown(file.reviewed[i]);
  }
  if (file.reviewed.size() > kMaxRangesOfAFile) line += " …";
  return line + "\n";
}

bool is_reviewed(const Symbol& symbol, const ChangedFacts& file) {
  return std::any_of(file.reviewed.begin(), file.reviewed.end(), [&](const LineRange& range) {
    return range.first <= symbol.lines.last && symbol.lines.first <= range.last;
  });
}

// Those that fit, reviewed ones first; in the order of the file.
std::string symbols_of(const ChangedFacts& file, Section& section, std::size_t& left_out) {
  std::vector<Symbol> symbols = file.symbols;
  const auto by_line = [](const Symbol& a, const Symbol& b) {
    return std::pair(a.lines.first, a.lines.last) < std::pair(b.lines.first, b.lines.last);
  };
  std::stable_sort(symbols.begin(), symbols.end(), by_line);
  std::stable_partition(symbols.begin(), symbols.end(),
                        [&](const Symbol& symbol) { return is_reviewed(symbol, file); });
  std::size_t fitting = 0;
  while (fitting < std::min(symbols.size(), kMaxSymbolsOfAFile) &&
         section.reserve(line_of(symbols[fitting]).size())) {
    ++fitting;
  }
  left_out += symbols.size() - fitting;
  symbols.resize(fitting);
  std::stable_sort(symbols.begin(), symbols.end(), by_line);
  std::string text;
  for (const Symbol& symbol : symbols) text += line_of(symbol);
  return text;
}

std::string changed_part(const std::vector<ChangedFacts>& changed, Section& section) {
  constexpr std::string_view kTitle = "\nChanged:\n";
  if (changed.empty() || !section.reserve(kTitle.size() + 2 * kRoomToCountWhatIsLeftOut)) return "";
  std::vector<std::string> lines;
  for (const ChangedFacts& file : changed) {
    std::string line = line_of(file);
    if (!section.reserve(line.size())) break;
    lines.push_back(std::move(line));
  }
  std::string text(kTitle);
  std::size_t symbols_left_out = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[i] + symbols_of(changed[i], section, symbols_left_out);
  }
  if (lines.size() < changed.size()) {
    text += fmt::format("({} more changed files)\n", changed.size() - lines.size());
  }
  if (symbols_left_out > 0) text += fmt::format("({} more symbols)\n", symbols_left_out);
  return text;
}

struct Directory {
  std::string path;  // ends in '/'
  std::int64_t files = 0;
  std::int64_t bytes = 0;

  std::string line() const {
    return fmt::format("{}  {}  {}\n", in_one_line(path), files, kib(bytes));
  }
};

using Level = std::vector<Directory>;

// Every directory down to kMaxLevels, with all below it, level by level from the top.
std::array<Level, kMaxLevels> levels_of(const std::vector<RepoFile>& files) {
  std::array<std::map<std::string_view, Directory>, kMaxLevels> found;
  for (const RepoFile& file : files) {
    const std::string_view path = file.path;
    std::size_t slash = path.find('/');
    for (std::size_t level = 0; level < kMaxLevels && slash != path.npos; ++level) {
      Directory& directory = found[level][path.substr(0, slash + 1)];
      ++directory.files;
      directory.bytes += file.bytes;
      slash = path.find('/', slash + 1);
    }
  }
  std::array<Level, kMaxLevels> levels;
  for (std::size_t level = 0; level < kMaxLevels; ++level) {
    for (auto& [path, directory] : found[level]) {
      directory.path = path;
      levels[level].push_back(std::move(directory));
    }
    std::stable_sort(levels[level].begin(), levels[level].end(),
                     [](const Directory& a, const Directory& b) { return a.files > b.files; });
  }
  return levels;
}

std::string directories_part(const std::array<Level, kMaxLevels>& levels, Section& section) {
  constexpr std::string_view kTitle = "\nDirectories (files, KiB, with all below):\n";
  if (levels[0].empty() || !section.reserve(kTitle.size() + kRoomToCountWhatIsLeftOut)) return "";
  std::map<std::string, std::string> lines;  // by path: each directory stands before its own
  std::size_t left_out = 0;
  for (const Level& level : levels) {
    for (const Directory& directory : level) {
      const std::string line = directory.line();
      // Once one was left out, all that follow are: deeper ones would hang in the air.
      if (left_out > 0 || !section.reserve(line.size())) {
        ++left_out;
      } else {
        lines.emplace(directory.path, line);
      }
    }
  }
  std::string text(kTitle);
  for (const auto& [path, line] : lines) text += line;
  if (left_out > 0) text += fmt::format("({} more directories)\n", left_out);
  return text;
}

std::size_t size_of(const std::array<Level, kMaxLevels>& levels) {
  std::size_t size = 2 * kRoomToCountWhatIsLeftOut;
  for (const Level& level : levels) {
    for (const Directory& directory : level) size += directory.line().size();
  }
  return size;
}

std::string head(const RepoFacts& facts) {
  std::int64_t bytes = 0;
  for (const RepoFile& file : facts.files) bytes += file.bytes;
  std::string text;
  if (!facts.files.empty()) {
    text = fmt::format("Repository: {} files, {} KiB\n", facts.files.size(), kib(bytes));
  }
  for (const std::string& note : facts.notes) text += "Note: " + in_one_line(note) + "\n";
  return text;
}

}  // namespace

std::vector<ChangedFacts> facts_of(const Change& change) {
  std::vector<ChangedFacts> changed;
  for (const ChangedFile& file : change.files) {
    ChangedFacts facts{
        file.path, std::string(to_string(file.state)), file.line_count(), 0, file.reviewed(), {}};
    for (const LineRange& range : file.added()) facts.added_lines += range.last - range.first + 1;
    changed.push_back(std::move(facts));
  }
  return changed;
}

std::string render_repo_map(const RepoFacts& facts, Tokens budget) {
  const std::size_t limit = bytes_within(budget);
  std::string text = head(facts);
  if (text.size() > limit) return "";
  const std::size_t room = limit - text.size();
  const std::array<Level, kMaxLevels> levels = levels_of(facts.files);
  const std::size_t not_for_directories = room - std::min(room, size_of(levels));
  const std::size_t for_changed = std::max(room / 4 * 3, not_for_directories);

  Section changed(for_changed);
  text += changed_part(facts.changed, changed);
  Section directories(room - for_changed + changed.room());
  text += directories_part(levels, directories);
  return text;
}

}  // namespace baton
