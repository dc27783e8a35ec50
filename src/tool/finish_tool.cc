#include <fmt/format.h>

#include "tool/acceptance.h"
#include "tool/json_schema.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::string_view kPlainAnswer =
    R"({"type":"object","properties":{)"
    R"("summary":{"type":"string","description":"What was done, and what was not."}},)"
    R"("required":["summary"],"additionalProperties":false})";

std::string_view schema_of(const ToolSite& site) {
  return site.answer_schema.empty() ? kPlainAnswer : std::string_view(site.answer_schema);
}

// What the model is told of the commands beside "accepted".
std::string told_of(const std::vector<CommandCheck>& checks) {
  std::size_t passed = 0;
  std::vector<std::string> not_run;
  for (const CommandCheck& check : checks) {
    if (check.state == CommandCheck::State::kPassed) ++passed;
    if (check.state == CommandCheck::State::kNotRun)
      not_run.push_back(fmt::format("`{}` ({})", shown(check.command), check.detail));
  }
  std::string text;
  if (passed > 0) text += fmt::format("; {} passed", counted(passed, "acceptance command"));
  if (!not_run.empty()) text += fmt::format("; not run: {}", fmt::join(not_run, ", "));
  return text;
}

// Its form is the task's, so it is no FormedTool.
class FinishTool final : public Tool {
 public:
  std::string_view name() const override { return "finish"; }
  std::string_view description() const override {
    return "Ends the task with its answer. Call it alone, when all is done: the task's acceptance "
           "commands are run first, and if one fails you are told and go on.";
  }
  std::string schema() const override { return std::string(kPlainAnswer); }
  bool changes() const override { return true; }  // commands it runs may

  ToolResult run(std::string_view input, const ToolSite& site) const override {
    if (Status checked = check_schema(input, schema_of(site), ""); !checked) {
      return failed_result("the answer has not the form it must have: " + checked.error().message);
    }
    Result<std::vector<CommandCheck>> checks = run_acceptance(site, site.acceptance);
    if (!checks) {
      return failed_result("not accepted: the acceptance commands could not be run: " +
                           checks.error().message);
    }
    ToolResult result;
    result.checks = std::move(*checks);
    result.changed = site.sandbox != nullptr && !result.checks.empty();
    for (const CommandCheck& check : result.checks) {
      if (check.state != CommandCheck::State::kFailed) continue;
      result.failed = true;
      result.text =
          fmt::format("not accepted: `{}` must pass, but it {}\nMend it, then call finish again.",
                      shown(check.command), check.detail);
      return result;
    }
    result.answer = input;
    result.text = "accepted" + told_of(result.checks);
    return result;
  }
};

}  // namespace

const Tool& finish_tool() {
  static const FinishTool tool;
  return tool;
}

}  // namespace baton
