#include <fmt/format.h>

#include "base/text.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::size_t kMostEntries = 500;

std::string line_of(const WorkspaceEntry& entry) {
  const std::string path = shown(entry.path);
  switch (entry.kind) {
    case WorkspaceEntry::Kind::kFile:
      return fmt::format("{}  {}\n", path, entry.bytes);
    case WorkspaceEntry::Kind::kFolder:
      return path + "/\n";
    case WorkspaceEntry::Kind::kLink:
      return path + "  (symbolic link, not followed)\n";
    case WorkspaceEntry::Kind::kOther:
      return path + "  (pipe, socket or device)\n";
  }
  return "";
}

ToolResult list(const Arguments& arguments, const ToolSite& site) {
  const Result<std::vector<WorkspaceEntry>> entries =
      site.workspace.list(arguments.path("path"), arguments.flag("recursive"), kMostEntries + 1);
  if (!entries) return failed_result("cannot list: " + entries.error().message);
  if (entries->empty()) return told("the folder is empty");
  std::string text;
  std::size_t listed = 0;
  constexpr std::size_t kRoom = kMostToolText - 1024;
  for (; listed < std::min(entries->size(), kMostEntries) && text.size() < kRoom; ++listed) {
    text += line_of((*entries)[listed]);
  }
  if (listed < entries->size()) {
    text +=
        fmt::format("[entries 1-{}; there are more: list a folder below, or use glob]\n", listed);
  }
  return told(std::move(text));
}

constexpr ToolForm kForm = {
    .name = "list",
    .description =
        "Lists a folder: files with their size in bytes, folders with a slash behind them.",
    .schema = R"({"type":"object","properties":{)"
              R"("path":{"type":"string","description":"A folder; default: the workspace."},)"
              R"("recursive":{"type":"boolean","description":"Everything below it, too."}},)"
              R"("required":[],"additionalProperties":false})",
    .run = list};

}  // namespace

const Tool& list_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
