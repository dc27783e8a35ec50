#include "tool/acceptance.h"

#include <fmt/format.h>

#include "tool/sandbox_job.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr Millis kCommandLimit = Millis::seconds(900);
constexpr std::size_t kMostOutput = 8 << 10;

CommandCheck not_run(const std::string& command, std::string why) {
  return {command, CommandCheck::State::kNotRun, std::move(why)};
}

}  // namespace

Result<std::vector<CommandCheck>> run_acceptance(const ToolSite& site,
                                                 const std::vector<std::string>& commands) {
  using enum CommandCheck::State;
  std::vector<CommandCheck> checks;
  for (const std::string& command : commands) {
    if (site.sandbox == nullptr) {
      checks.push_back(not_run(command, "there is no sandbox"));
      continue;
    }
    if (site.allow_command && !site.allow_command(command)) {
      checks.push_back(not_run(command, "the user did not allow it"));
      continue;
    }
    const Result<SandboxEnd> end = run_in_sandbox(site, {"bash", "-c", command}, kCommandLimit);
    if (!end) return end.error();
    if (passed(*end)) {
      checks.push_back({command, kPassed, {}});
      continue;
    }
    std::string said = tail_of(program_text(end->output), kMostOutput);
    checks.push_back({command, kFailed, ending_of(*end) + (said.empty() ? "" : "\n" + said)});
    break;
  }
  return checks;
}

}  // namespace baton
