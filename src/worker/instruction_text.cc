#include "worker/instruction_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace baton {
namespace {

constexpr std::string_view kOpen = "<!--";
constexpr std::string_view kClose = "-->";
constexpr std::size_t kMostImports = 500;

std::size_t run_length(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of(text[at], at);
  return std::min(end, text.size()) - at;
}

// A line that opens or closes a fenced block: up to three spaces, then at least three marks.
struct Fence {
  char mark = 0;  // 0: it is none
  std::size_t length = 0;
  bool is_bare = false;  // nothing follows the marks
};

Fence fence_of(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent > 3) return {};  // npos too
  const char mark = line[indent];
  if (mark != '`' && mark != '~') return {};
  const std::size_t length = run_length(line, indent);
  if (length < 3) return {};
  const std::string_view rest = line.substr(indent + length);
  const bool is_span = mark == '`' && rest.find('`') != rest.npos;
  if (is_span) return {};
  return {.mark = mark,
          .length = length,
          .is_bare = std::all_of(rest.begin(), rest.end(), [](char c) { return is_space(c); })};
}

class Scanner {
 public:
  explicit Scanner(std::string_view markdown) : in_(markdown) {}

  InstructionText scan() && {
    while (at_ < in_.size()) {
      if (is_line_start() && take_fenced_block()) continue;
      if (in_[at_] == '`') {
        take_code_span();
      } else if (in_.substr(at_).starts_with(kOpen)) {
        skip_comment();
      } else if (in_[at_] == '@' && (at_ == 0 || is_space(in_[at_ - 1]))) {
        take_import();
      } else {
        take(1);
      }
    }
    return std::move(out_);
  }

 private:
  bool is_line_start() const { return at_ == 0 || in_[at_ - 1] == '\n'; }

  void take(std::size_t count) {
    out_.text += in_.substr(at_, count);
    at_ += count;
  }

  std::string_view line_at(std::size_t at) const {
    const std::size_t end = in_.find('\n', at);
    return in_.substr(at, end == in_.npos ? end : end + 1 - at);
  }

  bool take_fenced_block() {
    const Fence open = fence_of(line_at(at_));
    if (open.mark == 0) return false;
    take(line_at(at_).size());
    while (at_ < in_.size()) {
      const std::string_view line = line_at(at_);
      const Fence close = fence_of(line);
      take(line.size());
      if (close.mark == open.mark && close.length >= open.length && close.is_bare) break;
    }
    return true;
  }

  // From a run of backticks to the next run as long, in the same paragraph; without one, they are
  // just backticks.
  void take_code_span() {
    const std::size_t length = run_length(in_, at_);
    if (at_ >= paragraph_end_) paragraph_end_ = std::min(in_.find("\n\n", at_), in_.size());
    std::size_t close = at_ + length;
    while (close < paragraph_end_) {
      close = std::min(in_.find('`', close), paragraph_end_);
      if (close == paragraph_end_) break;
      const std::size_t run = run_length(in_, close);
      if (run == length) return take(close + run - at_);
      close += run;
    }
    take(length);
  }

  // One that does not end goes to the end, as browsers have it.
  void skip_comment() {
    const std::size_t close = in_.find(kClose, at_ + kOpen.size());
    at_ = close == in_.npos ? in_.size() : close + kClose.size();
  }

  void take_import() {
    std::size_t end = at_ + 1;
    while (end < in_.size() && !is_space(in_[end])) ++end;
    if (end > at_ + 1 && out_.imports.size() < kMostImports)
      out_.imports.emplace_back(in_.substr(at_ + 1, end - at_ - 1));
    take(end - at_);
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::size_t paragraph_end_ = 0;  // of the paragraph of the last code span
  InstructionText out_;
};

}  // namespace

InstructionText read_instruction_text(std::string_view markdown) {
  return Scanner(markdown).scan();
}

}  // namespace baton
