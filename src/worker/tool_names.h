// The tools a worker can be given, by name, in the order models are shown them. The tools
// themselves are in src/tool, below this room: its tests hold the two lists together.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace baton {

inline constexpr std::array<std::string_view, 13> kToolNames = {
    "read",  "list",  "glob",       "search", "symbols", "edit",  "write",
    "patch", "shell", "render_pdf", "skill",  "memory",  "finish"};

// Those that change files, or may.
inline constexpr std::array<std::string_view, 5> kWritingTools = {"edit", "write", "patch", "shell",
                                                                  "render_pdf"};

constexpr bool is_tool_name(std::string_view name) {
  return std::find(kToolNames.begin(), kToolNames.end(), name) != kToolNames.end();
}

}  // namespace baton
