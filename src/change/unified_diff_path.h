// The names of files as diffs write them: quoted, prefixed, with timestamps behind them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::diff {

// A C-style quoted name ("a/t\303\244st\n") without its quotes and escapes, and how many bytes of
// `text` it took. Empty if the quoting is broken, or hides a NUL.
struct Unquoted {
  std::string name;
  std::size_t taken = 0;
};
std::optional<Unquoted> unquote(std::string_view text);

// The name in what follows "--- " or "+++ ", "rename from " and the like: unquoted, or up to a tab
// (timestamps stand behind one).
std::optional<std::string> name_in(std::string_view text);

// Both sides' names of a file. Prefixes are taken off in pairs, as they were put on: "a/x" and
// "b/x", "old/x" and "new/x"; equal names have none.
struct Names {
  std::string old_name;
  std::string new_name;

  bool operator==(const Names&) const = default;
};

inline constexpr std::string_view kNothing = "/dev/null";

// What follows "diff --git ". Empty where the line alone cannot tell (a rename with spaces).
struct GitNames {
  std::string name;       // without prefix; the same on both sides
  bool prefixed = false;  // whether a prefix of one component was taken off
};
std::optional<GitNames> git_header_names(std::string_view text);

// Takes prefixes off. `prefixed`: what the "diff --git" line told about them, if it told.
Names without_prefixes(std::string old_name, std::string new_name, std::optional<bool> prefixed);

// Takes "./" off the front. Then: why this path is not reviewed, if it is none of a repository's
// own ("outside the repository").
void normalise(std::string& path);
std::optional<std::string> objection_to(std::string_view path);

}  // namespace baton::diff
