#include "tool/workspace_path.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace baton {
namespace {

constexpr std::size_t kLongestPath = 4000;  // the kernel's is 4096, with what we put behind it
constexpr std::size_t kShown = 120;

// What HFS+ leaves out of names when it compares them: joiners, directions, the byte order mark.
constexpr std::array<std::string_view, 16> kIgnored = {
    "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
    "\u202E", "\u206A", "\u206B", "\u206C", "\u206D", "\u206E", "\u206F", "\uFEFF"};

std::string_view without_ignored(std::string_view name) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view ignored : kIgnored) {
      if (!name.starts_with(ignored)) continue;
      name.remove_prefix(ignored.size());
      again = true;
    }
  }
  return name;
}

// In lower case, without what file systems leave out, and up to the name of a stream (NTFS).
std::string folded(std::string_view name) {
  std::string folded;
  for (name = without_ignored(name); !name.empty(); name = without_ignored(name)) {
    const char c = name.front();
    if (c == ':') break;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    name.remove_prefix(1);
  }
  while (!folded.empty() && (folded.back() == '.' || folded.back() == ' ')) folded.pop_back();
  return folded;
}

Error refused(std::string_view path, std::string_view why) {
  return input_error(fmt::format("'{}' {}", shorten(for_terminal(path), kShown), why));
}

}  // namespace

bool is_git_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;  // of a name, on the file systems there are
  if (name.size() > kLongest) return false;
  const std::string plain = folded(name);
  return plain == ".git" || plain == "git~1";
}

Result<std::string> workspace_path(std::string_view path) {
  if (path.size() > kLongestPath) return refused(path, "is too long for a path");
  if (path.find('\0') != path.npos) return refused(path, "holds a NUL: no path can");
  if (path.starts_with('/')) {
    return refused(path, "is absolute: give a path relative to the workspace");
  }
  std::string clean;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") return refused(name, "leads out: paths must stay in the workspace");
    if (is_git_name(name)) return refused(name, "belongs to git and is not part of the workspace");
    if (!clean.empty()) clean += '/';
    clean += name;
  }
  return clean;
}

}  // namespace baton
