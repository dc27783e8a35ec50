#include "change/unified_diff_path.h"

#include <utility>

namespace baton::diff {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// The character an escape stands for, with `at` on the one behind the backslash; moves `at` past
// it.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  constexpr std::string_view kLetters = "abtnvfr\"\\";
  constexpr std::string_view kMeanings = "\a\b\t\n\v\f\r\"\\";
  if (at >= text.size()) return std::nullopt;
  if (const std::size_t letter = kLetters.find(text[at]); letter != kLetters.npos) {
    ++at;
    return kMeanings[letter];
  }
  if (at + 3 > text.size()) return std::nullopt;
  int code = 0;
  for (const std::size_t end = at + 3; at < end; ++at) {
    if (!is_octal(text[at])) return std::nullopt;
    code = code * 8 + (text[at] - '0');
  }
  if (code == 0 || code > 0xFF) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(code));
}

std::string_view after_first_component(std::string_view name) {
  const std::size_t slash = name.find('/');
  return slash == name.npos || slash == 0 ? std::string_view() : name.substr(slash + 1);
}

std::optional<GitNames> common_name(std::string_view left, std::string_view right) {
  if (left == right) return GitNames{std::string(left), false};
  const std::string_view name = after_first_component(left);
  if (name.empty() || name != after_first_component(right)) return std::nullopt;
  return GitNames{std::string(name), true};
}

void strip(std::string& name) {
  if (name == kNothing) return;
  const std::string_view rest = after_first_component(name);
  if (!rest.empty()) name = std::string(rest);
}

bool is_prefixed(const std::string& old_name, const std::string& new_name) {
  if (old_name == kNothing) return new_name.starts_with("b/");
  if (new_name == kNothing) return old_name.starts_with("a/");
  if (old_name == new_name) return false;
  if (old_name.starts_with("a/") && new_name.starts_with("b/")) return true;
  const std::optional<GitNames> common = common_name(old_name, new_name);
  return common && common->prefixed;
}

}  // namespace

std::optional<Unquoted> unquote(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  Unquoted result;
  for (std::size_t at = 1; at < text.size();) {
    if (text[at] == '"') {
      result.taken = at + 1;
      return result;
    }
    if (text[at] != '\\') {
      result.name += text[at++];
      continue;
    }
    const std::optional<char> c = unescape(text, ++at);
    if (!c) return std::nullopt;
    result.name += *c;
  }
  return std::nullopt;
}

std::optional<std::string> name_in(std::string_view text) {
  if (text.starts_with('"')) {
    std::optional<Unquoted> quoted = unquote(text);
    if (!quoted) return std::nullopt;
    return std::move(quoted->name);
  }
  return std::string(text.substr(0, text.find('\t')));
}

std::optional<GitNames> git_header_names(std::string_view text) {
  if (text.starts_with('"')) {
    const std::optional<Unquoted> left = unquote(text);
    if (!left || left->taken >= text.size()) return std::nullopt;
    const std::optional<Unquoted> right = unquote(text.substr(left->taken + 1));
    if (!right) return std::nullopt;
    return common_name(left->name, right->name);
  }
  // Names may hold spaces; but both sides are the same name, so the middle parts them.
  const std::size_t middle = text.size() / 2;
  if (text.size() % 2 == 0 || text[middle] != ' ') return std::nullopt;
  return common_name(text.substr(0, middle), text.substr(middle + 1));
}

Names without_prefixes(std::string old_name, std::string new_name, std::optional<bool> prefixed) {
  if (prefixed.value_or(is_prefixed(old_name, new_name))) {
    strip(old_name);
    strip(new_name);
  }
  return {std::move(old_name), std::move(new_name)};
}

void normalise(std::string& path) {
  while (path.size() > 2 && path.starts_with("./")) path.erase(0, 2);
}

std::optional<std::string> objection_to(std::string_view path) {
  if (path.starts_with('/')) return "outside the repository: its path is absolute";
  if (path.empty() || path.ends_with('/')) return "not the name of a file";
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (component.empty() || component == ".") return "not the name of a file";
    if (component == "..") return "outside the repository: its path leaves it by \"..\"";
    if (component == ".git") return "git's own data";
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return std::nullopt;
}

}  // namespace baton::diff
