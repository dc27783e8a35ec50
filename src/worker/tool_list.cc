#include "worker/tool_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "worker/tool_names.h"

namespace baton {
namespace {

constexpr std::string_view kAlwaysThere = "finish";

using Names = std::vector<std::string_view>;

struct Mapping {
  std::string_view theirs;
  Names granted;
  Names denied;  // wider where another tool of ours could do the same
};

const std::vector<Mapping>& mappings() {
  static const std::vector<Mapping> kMappings = {
      {"Read", {"read"}, {"read"}},
      {"Write", {"write"}, {"write", "patch"}},
      {"Edit", {"edit", "patch"}, {"edit", "patch"}},
      {"MultiEdit", {"edit", "patch"}, {"edit", "patch"}},
      {"Glob", {"glob", "list"}, {"glob", "list"}},
      {"LS", {"list"}, {"list"}},
      {"Grep", {"search", "symbols"}, {"search", "symbols"}},
      {"Bash", {"shell"}, {"shell"}},
      {"Skill", {"skill"}, {"skill"}},
  };
  return kMappings;
}

// Why a tool of Claude Code is not had here. Empty: it is none of those known.
std::string_view reason_against(std::string_view name) {
  if (name == "WebFetch" || name == "WebSearch") return "workers have no network";
  if (name == "Agent" || name == "Task") return "the plan starts workers, workers do not";
  if (name.starts_with("mcp__")) return "MCP servers are not reached from a worker";
  if (name == "NotebookEdit") return "notebooks are not edited";
  if (name == "PowerShell") return "the shell is sh";
  static const std::set<std::string_view> kSessionTools = {
      "TodoWrite",  "TodoRead",  "ToolSearch",      "Monitor",       "SendMessage",
      "BashOutput", "KillShell", "AskUserQuestion", "EnterPlanMode", "ExitPlanMode"};
  if (kSessionTools.contains(name)) return "it belongs to an interactive session";
  return {};
}

// "Bash(git:*)" is Bash, narrowed.
struct ListEntry {
  std::string_view name;
  bool is_narrowed = false;
};

ListEntry entry_of(std::string_view text) {
  const std::size_t open = text.find('(');
  return {.name = trimmed(text.substr(0, open)), .is_narrowed = open != text.npos};
}

// Ours under this name; none: it is unknown, or not had.
Names ours(std::string_view name, bool to_deny) {
  if (is_tool_name(name)) return {name};
  for (const Mapping& mapping : mappings()) {
    if (mapping.theirs == name) return to_deny ? mapping.denied : mapping.granted;
  }
  return {};
}

class Choice {
 public:
  void grant(const std::string& text) {
    const ListEntry entry = entry_of(text);
    const Names names = ours(entry.name, false);
    if (names.empty()) return note_missing("tools", text, entry.name);
    if (entry.is_narrowed) {
      return note("tools", text,
                  fmt::format("is left out: a tool cannot be narrowed here; '{}' alone gives all "
                              "of it",
                              entry.name));
    }
    granted_.insert(names.begin(), names.end());
  }

  void deny(const std::string& text) {
    const ListEntry entry = entry_of(text);
    const Names names = ours(entry.name, true);
    if (names.empty()) {
      const bool is_absent_anyway = !reason_against(entry.name).empty();
      if (!is_absent_anyway) note_missing("disallowedTools", text, entry.name);
      return;
    }
    if (entry.is_narrowed) {
      note("disallowedTools", text, fmt::format("takes away all of '{}'", entry.name));
    }
    for (const std::string_view name : names) {
      if (name == kAlwaysThere) {
        note("disallowedTools", text, "has no effect: a task is ended by it");
      } else {
        denied_.insert(name);
      }
    }
  }

  bool grants(std::string_view name) const { return granted_.contains(name); }

  std::vector<std::string> tools(bool all) const {
    std::vector<std::string> result;
    for (const std::string_view name : kToolNames) {
      const bool is_asked = all || granted_.contains(name);
      if (name == kAlwaysThere || (is_asked && !denied_.contains(name))) result.emplace_back(name);
    }
    return result;
  }

  std::vector<std::string> take_notes() { return std::move(notes_); }

 private:
  void note(std::string_view key, std::string_view text, std::string_view what) {
    notes_.push_back(fmt::format("{}: '{}' {}", key, text, what));
  }
  void note_missing(std::string_view key, std::string_view text, std::string_view name) {
    const std::string_view why = reason_against(name);
    note(key, text,
         fmt::format("is left out: {}", why.empty() ? "there is no tool of this name" : why));
  }

  std::set<std::string_view> granted_;
  std::set<std::string_view> denied_;
  std::vector<std::string> notes_;
};

}  // namespace

std::vector<std::string> split_tool_list(std::string_view text) {
  std::vector<std::string> entries;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool is_end = i == text.size();
    if (!is_end && text[i] == '(') ++depth;
    if (!is_end && text[i] == ')' && depth > 0) --depth;
    if (!is_end && (text[i] != ',' || depth > 0)) continue;
    const std::string_view entry = trimmed(text.substr(begin, i - begin));
    if (!entry.empty()) entries.emplace_back(entry);
    begin = i + 1;
  }
  return entries;
}

ToolChoice choose_tools(const std::optional<std::vector<std::string>>& granted,
                        const std::vector<std::string>& denied) {
  Choice choice;
  for (const std::string& text : denied) choice.deny(text);
  if (granted) {
    for (const std::string& text : *granted) choice.grant(text);
  }
  std::vector<std::string> tools = choice.tools(!granted);
  const bool none_left = granted && tools.size() == 1 && !choice.grants(kAlwaysThere);
  return {.tools = std::move(tools), .none_left = none_left, .notes = choice.take_notes()};
}

}  // namespace baton
