#include <fmt/format.h>

#include "base/text.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

ToolResult skill(const Arguments& arguments, const ToolSite& site) {
  const std::string_view name = arguments.text("name");
  std::vector<std::string_view> names;
  for (const Skill& skill : site.skills) {
    names.push_back(skill.name);
    if (skill.name != name) continue;
    if (!arguments.has("file")) {
      return told(both_ends(to_utf8(skill.body), kMostToolText - 512));
    }
    const std::string_view path = arguments.text("file");
    const Result<std::string> bytes = read_skill_file(skill, path);
    if (!bytes) return failed_result("file: " + bytes.error().message);
    if (is_binary(*bytes)) {
      return failed_result(fmt::format("{} is binary: it is not shown", shown(path)));
    }
    return told(both_ends(to_utf8(*bytes), kMostToolText - 512));
  }
  if (names.empty()) return failed_result("there are no skills in this task");
  return failed_result(fmt::format("name: there is no skill {}; there are: {}", shown(name),
                                   fmt::join(names, ", ")));
}

constexpr ToolForm kForm = {
    .name = "skill",
    .description = "Opens a skill: what it teaches, or a file that it points to.",
    .schema = R"({"type":"object","properties":{)"
              R"("name":{"type":"string"},)"
              R"("file":{"type":"string","description":"Relative to the skill's folder."}},)"
              R"("required":["name"],"additionalProperties":false})",
    .run = skill};

}  // namespace

const Tool& skill_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
