#include "app/agent_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace baton {
namespace {

constexpr std::size_t kMostOutput = 2'000;  // bytes of one command, in a report
constexpr std::string_view kNoSandbox = "there was no sandbox to run commands in";

// The end tells why it failed. From a line's start, where there is one.
std::string end_of(std::string_view output) {
  if (output.size() <= kMostOutput) return std::string(output);
  output.remove_prefix(output.size() - kMostOutput);
  const std::size_t line = output.find('\n');
  return "…\n" + std::string(line == output.npos ? output : output.substr(line + 1));
}

class Checks {
 public:
  explicit Checks(const Agents& agents) : agents_(agents) {}

  void asked(const Task& task) {
    for (const std::string& command : agents_.task(task.spec.id).commands) {
      CheckLine& line = line_of(command);
      if (line.runs > 0 || !line.task.empty()) continue;
      line.task = task.spec.id.to_string();
      line.detail = why_not_run(task);
    }
  }

  // What was run, and on what. An accepted result has no failed command: where one is not known to
  // have passed and said nothing, it could not be run.
  void ran(const CheckRun& check, const std::string& whose, bool merged) {
    CheckLine& line = line_of(check.command);
    if (!check.passed && check.output.empty()) {
      if (line.runs == 0) line.detail = kNoSandbox;
      return;
    }
    ++line.runs;
    if (!check.passed) ++line.failures;
    if (line.merged && !merged) return;
    line.state = check.passed ? CheckState::kPassed : CheckState::kFailed;
    line.task = whose;
    line.merged = merged;
    line.detail = check.passed ? std::string() : end_of(check.output);
  }

  // A tree that a merge leaves just as its writer had it is not checked again.
  void held(const CheckRun& check, const std::string& whose) {
    if (!check.passed) return;
    CheckLine& line = line_of(check.command);
    line.state = CheckState::kPassed;
    line.task = whose;
    line.merged = true;
    line.detail.clear();
  }

  std::vector<CheckLine> lines() && { return std::move(lines_); }

 private:
  CheckLine& line_of(const std::string& command) {
    const auto known = std::find_if(lines_.begin(), lines_.end(),
                                    [&](const CheckLine& line) { return line.command == command; });
    if (known != lines_.end()) return *known;
    lines_.emplace_back().command = command;
    return lines_.back();
  }

  std::string why_not_run(const Task& task) const {
    const std::string id = task.spec.id.to_string();
    if (task.status == TaskStatus::kSkipped) return fmt::format("{} was not done", id);
    if (!task.ended()) return fmt::format("{} has not ended", id);
    if (!agents_.input().commands) return std::string(kNoSandbox);
    return fmt::format("{} ended without it", id);
  }

  const Agents& agents_;
  std::vector<CheckLine> lines_;
};

}  // namespace

std::vector<CheckLine> checks_of(const RunState& run, const Agents& agents) {
  Checks checks(agents);
  for (const Task& task : run.tasks) checks.asked(task);
  for (const Task& task : run.tasks) {
    const AgentResult* result = agents.result(task.spec.id);
    const AgentTask& brief = agents.task(task.spec.id);
    if (result == nullptr || brief.kind == AgentTaskKind::kIntegration) continue;
    for (const CheckRun& check : result->checks) checks.ran(check, task.spec.id.to_string(), false);
  }
  for (const TaskId id : agents.merged()) {
    const AgentResult& result = *agents.result(id);
    const std::string& whose = agents.task(id).of;
    for (const CheckRun& check : result.checks) checks.ran(check, whose, true);
    if (!result.checks.empty() || result.commit == result.onto) continue;
    const AgentResult* writer = agents.result(agents.integration(id).writer);
    if (writer == nullptr) continue;
    for (const CheckRun& check : writer->checks) checks.held(check, whose);
  }
  return std::move(checks).lines();
}

}  // namespace baton
