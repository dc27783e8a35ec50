#include "tool/tool.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_string.h"
#include "base/text.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

// Much more than a model can write in one answer; a file of that size is none to be written so.
constexpr std::size_t kMostInput = 8 << 20;

ToolResult run_tool(std::string_view name, std::string_view input,
                    const std::vector<std::string>& allowed, const ToolSite& site) {
  const Tool* tool = find_tool(name);
  if (tool == nullptr || std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
    return failed_result(fmt::format("there is no tool {} here; there are: {}", shown(name),
                                     fmt::join(allowed, ", ")));
  }
  if (input.size() > kMostInput) {
    return failed_result(
        fmt::format("the input has {} bytes; at most {} are taken", input.size(), kMostInput));
  }
  if (site.cancel != nullptr && site.cancel->cancelled()) {
    return failed_result("cancelled before it began");
  }
  return tool->run(input, site);
}

}  // namespace

const std::vector<const Tool*>& all_tools() {
  static const std::vector<const Tool*> tools = {
      &read_tool(),  &list_tool(),   &glob_tool(),  &search_tool(), &symbols_tool(),
      &edit_tool(),  &write_tool(),  &patch_tool(), &shell_tool(),  &render_pdf_tool(),
      &skill_tool(), &memory_tool(), &finish_tool()};
  return tools;
}

const Tool* find_tool(std::string_view name) {
  for (const Tool* tool : all_tools()) {
    if (tool->name() == name) return tool;
  }
  return nullptr;
}

std::string tool_definitions(const std::vector<std::string>& names,
                             std::string_view answer_schema) {
  std::string out = "[";
  for (const Tool* tool : all_tools()) {
    if (std::find(names.begin(), names.end(), tool->name()) == names.end()) continue;
    if (out.size() > 1) out += ',';
    out += R"({"name":)";
    append_json_string(out, tool->name());
    out += R"(,"description":)";
    append_json_string(out, tool->description());
    out += R"(,"input_schema":)";
    const bool is_finish = tool == &finish_tool();
    out += is_finish && !answer_schema.empty() ? std::string(answer_schema) : tool->schema();
    out += '}';
  }
  return out + "]";
}

ToolResult call_tool(std::string_view name, std::string_view input,
                     const std::vector<std::string>& allowed, const ToolSite& site) {
  ToolResult result = run_tool(name, input, allowed, site);
  constexpr std::size_t kRoomForNote = 64;
  result.text = both_ends(to_utf8(result.text), kMostToolText - kRoomForNote);
  if (result.text.empty()) result.text = "(nothing)";
  return result;
}

}  // namespace baton
