#include <fmt/format.h>

#include "tool/sandbox_job.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::int64_t kUsualSeconds = 120;

ToolResult shell(const Arguments& arguments, const ToolSite& site) {
  const std::string command(arguments.text("command"));
  if (command.find('\0') != command.npos) return failed_result("command: no NUL can be passed on");
  if (site.sandbox == nullptr) {
    return failed_result("nothing can be run: there is no sandbox on this machine");
  }
  if (site.allow_command && !site.allow_command(command)) {
    return failed_result("the user did not allow this command; it was not run. Find another way.");
  }
  const Result<SandboxEnd> end =
      run_in_sandbox(site, {"bash", "-c", command},
                     Millis::seconds(arguments.number("timeout_seconds", kUsualSeconds)));
  if (!end) return failed_result("the command was not run: " + end.error().message);
  ToolResult result = told_change(fmt::format(
      "{}\n{}", ending_of(*end), both_ends(program_text(end->output), kMostToolText - 512)));
  result.failed = !passed(*end);
  return result;
}

constexpr ToolForm kForm = {
    .name = "shell",
    .description =
        "Runs a command with bash in the workspace (/workspace) and tells how it ended and what it "
        "printed. There is no network; only the workspace and /tmp can be written, and only the "
        "workspace remains. Nothing keeps running afterwards.",
    .schema = R"({"type":"object","properties":{)"
              R"("command":{"type":"string","minLength":1,"maxLength":100000},)"
              R"("timeout_seconds":{"type":"integer","minimum":1,"maximum":1800,)"
              R"("description":"Default: 120."}},)"
              R"("required":["command"],"additionalProperties":false})",
    .changes = true,
    .run = shell};

}  // namespace

const Tool& shell_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
