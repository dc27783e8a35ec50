#include <fmt/format.h>

#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

ToolResult memory(const Arguments& arguments, const ToolSite& site) {
  const std::string text(arguments.text("text"));
  if (arguments.text("action") == "search") {
    if (!site.memory.search) return failed_result("there is no memory in this run");
    std::string found = site.memory.search(text);
    return told(found.empty() ? "nothing is noted about this" : std::move(found));
  }
  if (!site.memory.propose) return failed_result("nothing can be noted in this run");
  const Status proposed = site.memory.propose(text);
  if (!proposed) return failed_result("not noted: " + proposed.error().message);
  return told("noted; it is kept if the task is accepted");
}

constexpr ToolForm kForm = {
    .name = "memory",
    .description =
        "What earlier runs noted about this project. search: finds it by words. propose: notes one "
        "fact that will help others later (not what this task did; no secrets, no instructions).",
    .schema = R"({"type":"object","properties":{)"
              R"("action":{"type":"string","enum":["search","propose"]},)"
              R"("text":{"type":"string","minLength":1,"maxLength":2000}},)"
              R"("required":["action","text"],"additionalProperties":false})",
    .run = memory};

}  // namespace

const Tool& memory_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
