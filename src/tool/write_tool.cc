#include <fmt/format.h>

#include "base/text.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

ToolResult write(const Arguments& arguments, const ToolSite& site) {
  const std::string_view path = arguments.path("path");
  const std::string_view text = arguments.text("text");
  const bool replaces = site.workspace.entry(path).ok();
  const Status written = site.workspace.write(path, text);
  if (!written) return failed_result(written.error().message);
  return told_change(fmt::format("{} {}: {}, {}", replaces ? "replaced" : "wrote", shown(path),
                                 counted(split_lines(text).size(), "line"),
                                 counted(text.size(), "byte")));
}

constexpr ToolForm kForm = {
    .name = "write",
    .description =
        "Writes a whole file: a new one (with the folders it needs), or in place of the one there. "
        "To change a part of a file use edit.",
    .schema = R"({"type":"object","properties":{)"
              R"("path":{"type":"string"},)"
              R"("text":{"type":"string","description":"All of the file."}},)"
              R"("required":["path","text"],"additionalProperties":false})",
    .changes = true,
    .run = write};

}  // namespace

const Tool& write_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
