#include "mock_api/sample_text.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace baton::mock_api {
namespace {

constexpr std::array<std::string_view, 6> kMessages = {
    "The value is used before it is checked, so a bad input passes unseen.",
    "An error returned here is dropped; the caller takes a failure for success.",
    "The name does not say what the value holds.",
    "This branch has no test: changing it would break nothing.",
    "The resource is not released when the call fails in between.",
    "The comment describes what the code did before this change.",
};
constexpr std::array<std::string_view, 6> kSuggestions = {
    "Check it at the boundary and return early.",
    "Return the error to the caller with what was attempted.",
    "Name it after what it holds.",
    "Add a test for the case that takes it.",
    "Give it an owner that releases it.",
    "Rewrite the comment to say why, or delete it.",
};

std::string spaced(std::string_view snake) {
  std::string words(snake);
  for (char& c : words) {
    if (c == '_') c = ' ';
  }
  return words;
}

// Writes a string for the simple patterns structured output takes: literals, classes, groups,
// alternatives, quantifiers. Of alternatives the first is taken, of a class its first member.
class PatternWriter {
 public:
  PatternWriter(std::string_view pattern, std::uint64_t chance)
      : pattern_(pattern), chance_(chance) {}

  std::string write() { return alternatives(0); }

 private:
  static constexpr int kMaxDepth = 50;
  static constexpr int kMaxRepeats = 100;

  bool more() const { return at_ < pattern_.size(); }

  std::string alternatives(int depth) {
    std::string first = sequence(depth);
    while (more() && pattern_[at_] == '|') {
      ++at_;
      sequence(depth);
    }
    return first;
  }

  std::string sequence(int depth) {
    std::string out;
    while (more() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      const std::string one = atom(depth);
      const int times = repeats();
      for (int i = 0; i < times && out.size() < 4'096; ++i) out += one;
    }
    return out;
  }

  std::string atom(int depth) {
    const char c = pattern_[at_++];
    if (c == '^' || c == '$') return "";
    if (c == '.') return "x";
    if (c == '\\') return more() ? escaped(pattern_[at_++]) : "";
    if (c == '[') return char_class();
    if (c != '(' || depth >= kMaxDepth) return std::string(1, c);
    if (pattern_.substr(at_).starts_with("?:")) at_ += 2;
    std::string group = alternatives(depth + 1);
    if (more()) ++at_;  // the ')'
    return group;
  }

  static std::string escaped(char c) {
    if (c == 'd') return "7";
    if (c == 'w') return "w";
    if (c == 's') return " ";
    if (c == 'n') return "\n";
    if (c == 't') return "\t";
    return std::string(1, c);
  }

  std::string char_class() {
    const bool negated = more() && pattern_[at_] == '^';
    if (negated) ++at_;
    const std::size_t begin = at_;
    std::string first;
    while (more() && (pattern_[at_] != ']' || at_ == begin)) {
      std::string member(1, pattern_[at_++]);
      if (member == "\\" && more()) member = escaped(pattern_[at_++]);
      if (first.empty()) first = member;
    }
    if (more()) ++at_;  // the ']'
    if (!negated) return first;
    const std::string_view members = pattern_.substr(begin, at_ - begin);
    for (const char candidate : std::string_view("x7_-. ")) {
      if (members.find(candidate) == members.npos) return std::string(1, candidate);
    }
    return "~";
  }

  int repeats() {
    if (!more()) return 1;
    const char c = pattern_[at_];
    int times = 1;
    if (c == '*' || c == '+' || c == '?') {
      ++at_;
      times = c == '+' ? 1 + static_cast<int>(chance_ % 3) : 1;
    } else if (c == '{') {
      times = 0;
      ++at_;
      while (more() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
        times = std::min(kMaxRepeats, times * 10 + (pattern_[at_++] - '0'));
      }
      while (more() && pattern_[at_] != '}') ++at_;
      if (more()) ++at_;
    } else {
      return 1;
    }
    if (more() && pattern_[at_] == '?') ++at_;  // lazy: the same strings match
    return times;
  }

  std::string_view pattern_;
  std::uint64_t chance_;
  std::size_t at_ = 0;
};

}  // namespace

std::string sentence_for(std::string_view name, const Saying& saying, std::uint64_t chance) {
  const std::string what = spaced(saying.type);
  // By the subject and not by chance, so that a suggestion belongs to its message.
  const std::size_t pick = (saying.item + saying.type.size() + saying.file.size() +
                            static_cast<std::size_t>(saying.first_line)) %
                           kMessages.size();
  if (name == "title" || name == "name") {
    return fmt::format("{} of {} (part {})", what, saying.file, saying.item);
  }
  if (name == "instructions" || name == "description") {
    return fmt::format(
        "Read lines {} to {} of {} and judge them for {}. Report only what is wrong.",
        saying.first_line, saying.last_line, saying.file, what);
  }
  if (name == "acceptance") {
    return chance % 2 == 0 ? fmt::format("Every finding names a line of {}.", saying.file)
                           : fmt::format("Nothing outside {} is reported.", saying.file);
  }
  if (name == "message") return std::string(kMessages[pick]);
  if (name == "suggestion") return std::string(kSuggestions[pick]);
  if (name == "severity") return chance % 3 == 0 ? "high" : chance % 3 == 1 ? "medium" : "low";
  if (name == "summary") {
    return saying.findings == 0 ? fmt::format("{} was read; what was found is listed.", saying.file)
                                : fmt::format("{} findings, merged and ranked.", saying.findings);
  }
  return fmt::format("{} of {}, lines {} to {}", name.empty() ? "answer" : spaced(name),
                     saying.file, saying.first_line, saying.last_line);
}

std::string_view text_of_format(std::string_view format) {
  if (format == "date") return "2026-11-20";
  if (format == "time") return "12:30:00Z";
  if (format == "date-time") return "2026-11-20T12:30:00Z";
  if (format == "duration") return "PT5M";
  if (format == "email") return "reviewer@example.com";
  if (format == "hostname") return "host.example.com";
  if (format == "uri") return "https://example.com/item";
  if (format == "ipv4") return "192.0.2.7";
  if (format == "ipv6") return "2001:db8::7";
  if (format == "uuid") return "6f1c2a34-8f0e-4d6b-9a57-2b1d3c4e5f60";
  return "text";
}

std::string text_matching(std::string_view pattern, std::uint64_t chance) {
  return PatternWriter(pattern, chance).write();
}

}  // namespace baton::mock_api
