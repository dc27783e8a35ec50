// `tools` and `disallowedTools` of a worker file → names of our tools. Entries are our names or
// those of Claude Code; what we do not have, or cannot hold to, is left out with a note.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

// The entries of a list written with commas; commas in parentheses do not part: "Agent(a, b), Read"
// has two.
std::vector<std::string> split_tool_list(std::string_view text);

struct ToolChoice {
  std::vector<std::string> tools;  // each once, in the order of kToolNames, `finish` among them
  bool none_left = false;          // there were grants, and nothing came of them
  std::vector<std::string> notes;
};

// All tools, without those denied, and of these the granted ones; without a list of grants, all.
// Denials are read widely and grants narrowly: `Bash(git:*)` denies the whole shell, and grants
// none.
ToolChoice choose_tools(const std::optional<std::vector<std::string>>& granted,
                        const std::vector<std::string>& denied);

}  // namespace baton
