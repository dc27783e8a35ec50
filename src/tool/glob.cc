#include "tool/glob.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {
namespace {

constexpr std::size_t kLongestPattern = 1000;
constexpr std::size_t kMostAlternatives = 64;

// Where the class that begins at `at` ends: behind its ']', which may come first in it. npos:
// never.
std::size_t end_of_class(std::string_view pattern, std::size_t at) {
  std::size_t from = at + 1;
  if (from < pattern.size() && (pattern[from] == '!' || pattern[from] == '^')) ++from;
  const std::size_t close = pattern.find(']', from + 1);
  return close == pattern.npos ? close : close + 1;
}

bool has_closed_classes(std::string_view name) {
  std::size_t at = name.find('[');
  while (at != name.npos) {
    at = end_of_class(name, at);
    if (at == name.npos) return false;
    at = name.find('[', at);
  }
  return true;
}

bool in_class(std::string_view members, char c) {
  const bool negated = members.front() == '!' || members.front() == '^';
  if (negated) members.remove_prefix(1);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool is_range = i + 2 < members.size() && members[i + 1] == '-';
    if (is_range ? members[i] <= c && c <= members[i + 2] : members[i] == c) return !negated;
    if (is_range) i += 2;
  }
  return negated;
}

// Whether one character matches what the pattern has at `at`; moves behind that.
bool take_one(std::string_view pattern, std::size_t& at, char c) {
  if (pattern[at] == '[') {
    const std::size_t begin = at + 1;
    at = end_of_class(pattern, at);
    return in_class(pattern.substr(begin, at - begin - 1), c);
  }
  const char wanted = pattern[at++];
  return wanted == '?' || wanted == c;
}

// Going back to the last star alone is enough, so this never takes more than pattern × name steps.
bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;  // behind the last one seen
  std::size_t taken = 0;            // up to where it has eaten
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      taken = n;
      continue;
    }
    std::size_t next = p;
    if (p < pattern.size() && take_one(pattern, next, name[n])) {
      p = next;
      ++n;
      continue;
    }
    if (!star) return false;
    p = *star;
    n = ++taken;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") names.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return names;
}

// The same as name_matches, a level higher: `**` is the star, a name the character.
bool names_match(const std::vector<std::string>& pattern, const std::vector<std::string>& names) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;
  std::size_t taken = 0;
  while (n < names.size()) {
    if (p < pattern.size() && pattern[p] == "**") {
      star = ++p;
      taken = n;
    } else if (p < pattern.size() && name_matches(pattern[p], names[n])) {
      ++p;
      ++n;
    } else if (star) {
      p = *star;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == "**") ++p;
  return p == pattern.size();
}

// Writes `{a,b}` out: "x{a,b}" as "xa" and "xb". False: too many of them, or one is not closed.
bool write_out(const std::string& pattern, std::vector<std::string>& out) {
  const std::size_t open = pattern.find('{');
  if (open == pattern.npos) {
    out.push_back(pattern);
    return out.size() <= kMostAlternatives;
  }
  int depth = 0;
  std::size_t begin = open + 1;
  std::vector<std::string> parts;
  for (std::size_t at = open; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if ((c == ',' && depth == 1) || depth == 0) {
      parts.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    }
    if (depth == 0) break;
  }
  if (depth != 0 || parts.size() > kMostAlternatives) return false;
  for (const std::string& part : parts) {
    if (!write_out(pattern.substr(0, open) + part + pattern.substr(begin), out)) return false;
  }
  return true;
}

}  // namespace

Result<Glob> Glob::parse(std::string_view pattern) {
  if (pattern.size() > kLongestPattern) {
    return input_error(fmt::format("the pattern is longer than {} bytes", kLongestPattern));
  }
  std::vector<std::string> written;
  if (!write_out(std::string(pattern), written)) {
    return input_error(
        fmt::format("the pattern has a {{ that no }} closes, or stands for more than {} patterns",
                    kMostAlternatives));
  }
  Glob glob;
  for (const std::string& one : written) {
    std::vector<std::string> names = names_of(one);
    if (one.find('/') == one.npos) names.insert(names.begin(), "**");
    if (!std::all_of(names.begin(), names.end(), has_closed_classes)) {
      return input_error("the pattern has a [ that no ] closes in the same name");
    }
    glob.alternatives_.push_back(std::move(names));
  }
  return glob;
}

bool Glob::matches(std::string_view path) const {
  const std::vector<std::string> names = names_of(path);
  for (const std::vector<std::string>& alternative : alternatives_) {
    if (names_match(alternative, names)) return true;
  }
  return false;
}

}  // namespace baton
