#include <fmt/format.h>

#include "tool/json_schema.h"
#include "tool/sandbox_job.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr Millis kCommandLimit = Millis::seconds(900);
constexpr std::size_t kMostOutput = 8 << 10;

constexpr std::string_view kPlainAnswer =
    R"({"type":"object","properties":{)"
    R"("summary":{"type":"string","description":"What was done, and what was not."}},)"
    R"("required":["summary"],"additionalProperties":false})";

std::string_view schema_of(const ToolSite& site) {
  return site.answer_schema.empty() ? kPlainAnswer : std::string_view(site.answer_schema);
}

// What came of the acceptance commands.
struct Acceptance {
  std::string refusal;               // why the answer is not accepted; empty: it is
  std::vector<std::string> not_run;  // and why
  int passed = 0;
  bool ran = false;
};

Acceptance accept(const ToolSite& site) {
  Acceptance acceptance;
  for (const std::string& command : site.acceptance) {
    if (site.sandbox == nullptr) {
      acceptance.not_run.push_back(fmt::format("`{}` (there is no sandbox)", shown(command)));
      continue;
    }
    if (site.allow_command && !site.allow_command(command)) {
      acceptance.not_run.push_back(fmt::format("`{}` (the user did not allow it)", shown(command)));
      continue;
    }
    const Result<SandboxEnd> end = run_in_sandbox(site, {"bash", "-c", command}, kCommandLimit);
    acceptance.ran = true;
    if (end && passed(*end)) {
      ++acceptance.passed;
      continue;
    }
    acceptance.refusal = fmt::format("`{}` must pass, but it {}", shown(command),
                                     end ? ending_of(*end) : "was not run: " + end.error().message);
    if (end && !end->output.empty()) {
      acceptance.refusal +=
          fmt::format("; its output ends so:\n{}", tail_of(program_text(end->output), kMostOutput));
    }
    return acceptance;
  }
  return acceptance;
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
    const Acceptance acceptance = accept(site);
    ToolResult result;
    result.changed = acceptance.ran;
    if (!acceptance.refusal.empty()) {
      result.failed = true;
      result.text =
          fmt::format("not accepted: {}\nMend it, then call finish again.", acceptance.refusal);
      return result;
    }
    result.answer = input;
    result.text = "accepted";
    if (acceptance.passed > 0) {
      result.text += fmt::format("; {} passed", counted(static_cast<std::size_t>(acceptance.passed),
                                                        "acceptance command"));
    }
    if (!acceptance.not_run.empty()) {
      result.text += fmt::format("; not run: {}", fmt::join(acceptance.not_run, ", "));
    }
    return result;
  }
};

}  // namespace

const Tool& finish_tool() {
  static const FinishTool tool;
  return tool;
}

}  // namespace baton
