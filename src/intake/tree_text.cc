#include "intake/tree_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "prompt/map_lines.h"

namespace baton {
namespace {

constexpr std::size_t kFewSymbols = 12;
constexpr std::size_t kManySymbols = 40;
constexpr std::size_t kRoomToCountWhatIsLeftOut = 96;  // two lines of it
constexpr std::string_view kTitle =
    "\nFiles (KiB, lines; named by: other files that refer to it; changed: commits ago, 0 the "
    "latest):\n";

std::string line_of(const RankedFile& file) {
  std::string line = fmt::format("{}  {} KiB", in_one_line(file.path), kib(file.facts->bytes));
  const auto out = std::back_inserter(line);
  if (file.facts->kind == BlobFacts::Kind::kBinary) line += ", binary";
  if (file.facts->lines > 0) fmt::format_to(out, ", {} lines", file.facts->lines);
  if (file.named_by > 0) fmt::format_to(out, ", named by {}", file.named_by);
  if (file.changed) fmt::format_to(out, ", changed {}", *file.changed);
  return line + "\n";
}

// Places of the symbols, those referred to most first.
std::vector<std::size_t> by_use(const RankedFile& file) {
  std::vector<std::size_t> places(file.facts->symbols.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return file.symbols[a] > file.symbols[b]; });
  return places;
}

struct ShownFile {
  std::string line;
  std::vector<std::size_t> symbols;
};

class Files {
 public:
  Files(const std::vector<RankedFile>& files, std::size_t room) : files_(files), section_(room) {}

  void name_files(std::size_t leave) {
    while (shown_.size() < files_.size()) {
      std::string line = line_of(files_[shown_.size()]);
      if (section_.room() < leave + line.size() || !section_.reserve(line.size())) return;
      shown_.push_back({std::move(line), {}});
    }
  }
  void add_symbols(std::size_t most) {
    for (std::size_t i = 0; i < shown_.size(); ++i) {
      const std::vector<std::size_t> order = by_use(files_[i]);
      for (std::size_t n = shown_[i].symbols.size(); n < std::min(most, order.size()); ++n) {
        const Symbol& symbol = files_[i].facts->symbols[order[n]];
        if (!section_.reserve(baton::line_of(symbol).size())) return;
        shown_[i].symbols.push_back(order[n]);
      }
    }
  }
  std::string text() {
    std::string text(kTitle);
    std::size_t symbols_left_out = 0;
    for (std::size_t i = 0; i < shown_.size(); ++i) {
      const std::vector<Symbol>& symbols = files_[i].facts->symbols;
      std::vector<std::size_t>& chosen = shown_[i].symbols;
      std::sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(symbols[a].lines.first, a) < std::pair(symbols[b].lines.first, b);
      });
      text += shown_[i].line;
      for (const std::size_t place : chosen) text += baton::line_of(symbols[place]);
      symbols_left_out += symbols.size() - chosen.size();
    }
    if (symbols_left_out > 0) text += fmt::format("({} more symbols of these)\n", symbols_left_out);
    if (shown_.size() < files_.size()) {
      text += fmt::format("({} more files)\n", files_.size() - shown_.size());
    }
    return text;
  }

 private:
  const std::vector<RankedFile>& files_;
  Section section_;
  std::vector<ShownFile> shown_;
};

}  // namespace

std::string render_tree(const std::vector<RankedFile>& files, const std::vector<std::string>& notes,
                        Tokens budget) {
  RepoFacts facts;
  facts.notes = notes;
  for (const RankedFile& file : files) {
    facts.files.push_back({to_utf8(file.path), file.facts->bytes});
  }
  std::string text = render_repo_map(facts, Tokens(budget.count() / 6));
  const std::size_t limit = bytes_within(budget);
  const std::size_t taken = text.size() + kTitle.size() + kRoomToCountWhatIsLeftOut;
  if (taken >= limit) return text;
  const std::size_t room = limit - taken;
  Files shown(files, room);
  shown.name_files(/*leave=*/room / 2);
  shown.add_symbols(kFewSymbols);
  shown.add_symbols(kManySymbols);
  shown.name_files(/*leave=*/0);
  return text + shown.text();
}

}  // namespace baton
