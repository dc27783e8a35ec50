#include <fmt/format.h>

#include "tool/glob.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::size_t kMostPaths = 500;
constexpr std::size_t kMostLookedAt = 200'000;

ToolResult glob(const Arguments& arguments, const ToolSite& site) {
  const std::string_view pattern = arguments.text("pattern");
  const Result<Glob> parsed = Glob::parse(pattern);
  if (!parsed) return failed_result("pattern: " + parsed.error().message);
  const Result<std::vector<WorkspaceEntry>> entries =
      site.workspace.list("", true, kMostLookedAt + 1);
  if (!entries) return failed_result("cannot list: " + entries.error().message);
  std::string text;
  std::size_t found = 0;
  for (const WorkspaceEntry& entry : *entries) {
    if (entry.kind != WorkspaceEntry::Kind::kFile || !parsed->matches(entry.path)) continue;
    if (++found > kMostPaths || text.size() > kMostToolText - 1024) continue;
    text += shown(entry.path) + "\n";
  }
  if (found == 0) text = fmt::format("no file matches {}\n", shown(pattern));
  if (found > kMostPaths) {
    text += fmt::format("[the first of {} files: use a narrower pattern]\n", found);
  }
  if (entries->size() > kMostLookedAt) {
    text +=
        fmt::format("[only the first {} entries of the workspace were looked at]\n", kMostLookedAt);
  }
  return told(std::move(text));
}

constexpr ToolForm kForm = {
    .name = "glob",
    .description =
        "Finds files by name: * and ? within a name, ** for any folders, [a-z], {a,b}. A pattern "
        "without a slash is looked for in every folder. Example: src/**/*_test.{cc,h}",
    .schema = R"({"type":"object","properties":{"pattern":{"type":"string","maxLength":500}},)"
              R"("required":["pattern"],"additionalProperties":false})",
    .run = glob};

}  // namespace

const Tool& glob_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
