#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "tool/patch.h"

namespace baton {
namespace {

constexpr std::size_t kShown = 160;
constexpr std::int64_t kMostComparisons = 50'000'000;  // about a second

struct Line {
  std::string_view text;  // without its end
  std::string_view end;   // "\n", "\r\n" or, at the end of the file, nothing
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    std::size_t length = std::min(feed, text.size());
    const std::size_t taken = feed == text.npos ? text.size() : feed + 1;
    if (feed != text.npos && length > 0 && text[length - 1] == '\r') --length;
    lines.push_back({text.substr(0, length), text.substr(length, taken - length)});
    text.remove_prefix(taken);
  }
  return lines;
}

std::string_view without_return(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string quoted(std::string_view text) {
  return fmt::format("`{}`", for_terminal(shorten(to_utf8(text), kShown)));
}

class Patcher {
 public:
  explicit Patcher(std::string_view text) : lines_(lines_of(text)) {
    end_ = !lines_.empty() && lines_.front().end == "\r\n" ? "\r\n" : "\n";
  }

  Status apply(const PatchHunk& hunk) {
    wanted_.clear();
    for (const PatchLine& line : hunk.lines) {
      if (line.mark != '+') wanted_.push_back(without_return(line.text));
    }
    const Result<std::size_t> place = wanted_.empty() ? place_of_insertion(hunk) : find(hunk);
    if (!place) return place.error();
    write(hunk, *place);
    return {};
  }

  Patched take() {
    copy_up_to(lines_.size());
    return {std::move(out_), std::move(offsets_)};
  }

 private:
  using Place = std::ptrdiff_t;

  static Error refused(const PatchHunk& hunk, std::string_view why) {
    return input_error(fmt::format("hunk {} (line {} of the patch) {}",
                                   for_terminal(shorten(to_utf8(hunk.header), kShown)),
                                   hunk.patch_line, why));
  }

  Result<std::size_t> place_of_insertion(const PatchHunk& hunk) {
    if (!hunk.old_first && !lines_.empty()) {
      return refused(hunk, "has neither context nor a line number: where it belongs is not known");
    }
    const Place place = hunk.old_first.value_or(0) + shift_;
    if (place < static_cast<Place>(done_) || place > static_cast<Place>(lines_.size())) {
      return refused(hunk, fmt::format("inserts at line {}, but the file has {} lines", place + 1,
                                       lines_.size()));
    }
    return static_cast<std::size_t>(place);
  }

  // How many of the wanted lines stand at `place`, from its first on.
  std::size_t equal_at(std::size_t place) {
    std::size_t equal = 0;
    while (equal < wanted_.size() && place + equal < lines_.size() &&
           without_return(lines_[place + equal].text) == wanted_[equal]) {
      ++equal;
    }
    comparisons_ += static_cast<std::int64_t>(equal) + 1;
    return equal;
  }

  Result<std::size_t> find(const PatchHunk& hunk) {
    const auto begin = static_cast<Place>(done_);
    const auto end = static_cast<Place>(lines_.size());
    const bool hinted = hunk.old_first && *hunk.old_first > 0;
    const Place meant = hinted ? *hunk.old_first - 1 + shift_ : begin;
    const Place from = hinted ? std::max(begin, meant - kMostPatchOffset) : begin;
    const Place to = hinted ? std::min(end, meant + kMostPatchOffset + 1) : end;
    if (hinted && meant >= begin && meant < end &&
        equal_at(static_cast<std::size_t>(meant)) == wanted_.size()) {
      return static_cast<std::size_t>(meant);
    }
    std::vector<std::size_t> fitting;
    std::size_t best = 0;
    std::size_t best_equal = 0;
    for (Place place = from; place < to; ++place) {
      const auto at = static_cast<std::size_t>(place);
      const std::size_t equal = equal_at(at);
      if (equal == wanted_.size()) fitting.push_back(at);
      if (equal > best_equal) {
        best = at;
        best_equal = equal;
      }
      if (comparisons_ > kMostComparisons) {
        return refused(hunk, "takes too long to be found: give more exact line numbers");
      }
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.size() > 1) {
      return refused(hunk,
                     fmt::format("fits {} places (lines {}, {}, …): give the right line number "
                                 "or more context",
                                 fitting.size(), fitting[0] + 1, fitting[1] + 1));
    }
    return refused(hunk, misfit(hinted, meant, best, best_equal));
  }

  std::string misfit(bool hinted, Place meant, std::size_t best, std::size_t best_equal) const {
    const auto last = static_cast<Place>(lines_.size());
    if (best_equal == 0 && (!hinted || meant >= last || meant < 0)) {
      return fmt::format("does not fit: {} is not in the file, which has {} lines",
                         quoted(wanted_.front()), lines_.size());
    }
    const std::size_t at = best_equal == 0 ? static_cast<std::size_t>(meant) : best + best_equal;
    return fmt::format("does not fit: {} is expected at line {}, where the file has {}",
                       quoted(wanted_[best_equal]), at + 1,
                       at < lines_.size() ? quoted(lines_[at].text) : "its end");
  }

  void write(const PatchHunk& hunk, std::size_t place) {
    copy_up_to(place);
    for (const PatchLine& line : hunk.lines) {
      if (line.mark == ' ') copy_up_to(done_ + 1);
      if (line.mark == '-') ++done_;
      if (line.mark == '+') add(without_return(line.text), line.without_end ? "" : end_);
    }
    const Place stated = hunk.old_first.value_or(0) - (wanted_.empty() ? 0 : 1);
    const bool hinted = hunk.old_first && (*hunk.old_first > 0 || wanted_.empty());
    const Place offset = hinted ? static_cast<Place>(place) - stated : 0;
    if (hinted) shift_ = offset;
    offsets_.push_back(static_cast<int>(offset));
  }

  void copy_up_to(std::size_t line) {
    for (; done_ < line; ++done_) add(lines_[done_].text, lines_[done_].end);
  }

  void add(std::string_view text, std::string_view end) {
    // What was the file's last line may have had no end.
    if (!out_.empty() && out_.back() != '\n') out_ += end_;
    out_ += text;
    out_ += end;
  }

  std::vector<Line> lines_;
  std::string_view end_;  // of lines that are added
  std::vector<std::string_view> wanted_;
  std::size_t done_ = 0;  // lines of the file that are dealt with
  Place shift_ = 0;       // how far from its number the last hunk was
  std::int64_t comparisons_ = 0;
  std::string out_;
  std::vector<int> offsets_;
};

}  // namespace

Result<Patched> apply_patch(std::string_view text, const FilePatch& patch) {
  Patcher patcher(text);
  for (const PatchHunk& hunk : patch.hunks) {
    if (Status applied = patcher.apply(hunk); !applied) return applied.error();
  }
  return patcher.take();
}

}  // namespace baton
