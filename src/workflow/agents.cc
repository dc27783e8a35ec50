#include "workflow/agents.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "workflow/appraisal.h"

namespace baton {
namespace {

constexpr TaskId kPlan{0};

}  // namespace

Agents::Agents(AgentInput input, Repository repository, Settings settings)
    : input_(std::move(input)),
      repository_(std::move(repository)),
      settings_(std::move(settings)) {}

std::vector<NewTask> Agents::first_tasks() {
  AgentTask plan;
  plan.kind = AgentTaskKind::kPlan;
  plan.title = "Plan";
  std::vector<NewTask> tasks = {made(kPlan, plan)};
  if (input_.branch.empty()) return tasks;
  AgentTask delivery;
  delivery.kind = AgentTaskKind::kDelivery;
  delivery.title = "Deliver the branch " + input_.branch;
  tasks.push_back(made(TaskId(1), delivery));
  return tasks;
}

void Agents::added(const TaskSpec& spec, std::string_view brief) {
  BATON_CHECK(spec.id.number() == static_cast<int>(tasks_.size()));
  Known& known = tasks_[spec.id];
  known.spec = spec;
  Result<AgentTask> task = read_agent_brief(brief);
  if (!task) {
    known.fault =
        fmt::format("{}: its brief can not be read: {}", spec.id.to_string(), task.error().message);
    return;
  }
  known.task = std::move(*task);
  if (known.task.kind == AgentTaskKind::kIntegration) {
    if (const auto writer = work_before(spec.id)) integration_of_[*writer] = spec.id;
  }
  if (known.task.kind != AgentTaskKind::kWork) return;
  planned_ids_.emplace(known.task.local_id, spec.id);
  exact_keys_.emplace(exact_key(known.task), spec.id);
  loose_keys_.emplace(loose_key(known.task), spec.id);
}

void Agents::checked(TaskId id, std::string_view findings) {
  Known& known = tasks_.at(id);
  known.trouble.reset();
  Result<IntegrationTrouble> trouble = read_trouble(findings);
  if (trouble) known.trouble = std::move(*trouble);
}

void Agents::finished(const Task& task, std::string_view answer, std::string_view findings) {
  if (task.spec.id == kPlan) return read_plan(answer);
  Known& known = tasks_.at(task.spec.id);
  known.result.reset();
  if (!findings.empty() && !task.covered) checked(task.spec.id, findings);
  const std::string_view text = task.covered ? findings : answer;
  if (text.empty()) return;
  Result<AgentResult> result = read_agent_result(text);
  if (!result) {
    known.fault = fmt::format("{}: {}", task.spec.id.to_string(), result.error().message);
    return;
  }
  known.result = std::move(*result);
  // Where there was nothing to merge, it got to where it was.
  if (known.task.kind == AgentTaskKind::kIntegration && known.result->commit.empty())
    known.result->commit = known.result->onto;
}

Ask Agents::ask(const RunState& run, const Task& task) {
  const TaskId id = task.spec.id;
  if (id == kPlan) begin_plan();
  if (const auto result = without_model(tasks_.at(id))) return write_agent_result(*result);
  Prompt prompt = shown(id).prompt;
  prompt.uses = uses_of_system(run, task);
  prompt.system.back().cache_mark = prompt.uses > 1;
  return prompt;
}

// The planner's is its text, as it streams; everyone else's comes by `finish`.
Appraisal Agents::judge(const Task& task, const CallSettled& answer) {
  if (auto cut = unless_whole(answer)) return *std::move(cut);
  if (task.spec.id == kPlan) return judge_plan(answer);
  if (!answer.tool_uses.empty()) return {Verdict::kTools, {}, {}};
  return invalid("the answer calls no tool, and only `finish` ends a task",
                 "Go on with the task; when it is done, call `finish` with your answer.");
}

CheckerRequest Agents::checkers_for(TaskId task) const {
  return {task, tasks_.at(task).spec.type, {}, {}};
}

const AgentResult* Agents::result(TaskId id) const {
  const auto known = tasks_.find(id);
  return known == tasks_.end() || !known->second.result ? nullptr : &*known->second.result;
}

AgentAnswer Agents::answer(TaskId id) const {
  const AgentResult* told = result(id);
  return told == nullptr ? AgentAnswer() : read_agent_answer(told->answer, id.to_string());
}

std::vector<Finding> Agents::open_findings() const {
  for (auto known = tasks_.rbegin(); known != tasks_.rend(); ++known) {
    if (known->second.task.kind == AgentTaskKind::kReview && known->second.result)
      return answer(known->first).findings;
  }
  return {};
}

// A task that was retried may have come later than the plan's order has it, so the commits
// themselves tell the order.
std::vector<TaskId> Agents::merged() const {
  std::multimap<std::string, TaskId> open;  // by the commit they were merged into
  for (const auto& [id, known] : tasks_) {
    if (known.task.kind == AgentTaskKind::kIntegration && known.result &&
        !known.result->commit.empty())
      open.emplace(known.result->onto, id);
  }
  std::vector<TaskId> order;
  std::string at = input_.base;
  while (true) {
    const auto [begin, end] = open.equal_range(at);
    auto next = end;
    for (auto merge = begin; merge != end; ++merge) {
      if (result(merge->second)->commit == at) {
        order.push_back(merge->second);  // it had nothing to merge
      } else if (next == end) {
        next = merge;
      }
    }
    if (next == end) return order;
    order.push_back(next->second);
    const std::string from = std::exchange(at, result(next->second)->commit);
    open.erase(from);  // no commit is come back to
  }
}

std::string Agents::head() const {
  const std::vector<TaskId> order = merged();
  return order.empty() ? input_.base : tasks_.at(order.back()).result->commit;
}

std::string Agents::base_of(TaskId id) const {
  const Known& known = tasks_.at(id);
  if (known.task.kind == AgentTaskKind::kIntegration)
    return known.result && !known.result->onto.empty() ? known.result->onto : head();
  if (known.task.kind == AgentTaskKind::kDelivery) return head();
  std::string base = input_.base;
  for (const TaskId merge : merged()) {
    const std::vector<TaskId>& after = known.spec.after;
    if (std::find(after.begin(), after.end(), merge) != after.end()) base = result(merge)->commit;
  }
  return base;
}

std::string Agents::first_tree_of(TaskId id) const {
  const Known& known = tasks_.at(id);
  return known.trouble ? known.trouble->tree : std::string();
}

std::vector<std::string> Agents::conflicts_of(TaskId id) const {
  const Known& known = tasks_.at(id);
  return known.trouble ? known.trouble->conflicts : std::vector<std::string>();
}

Integration Agents::integration(TaskId id) const {
  const auto writer = work_before(id);
  BATON_CHECK(is_program(tasks_.at(id).task.kind) && writer.has_value());
  Integration merge;
  merge.writer = *writer;
  merge.ours = base_of(id);
  if (const AgentResult* work = result(*writer);
      work != nullptr && work->commit != base_of(*writer))
    merge.theirs = work->commit;
  merge.subject = "Merge: " + tasks_.at(*writer).task.title;
  merge.commands = commands_of(id);
  return merge;
}

ToolGrant Agents::grant(TaskId id) const {
  const AgentTask& task = tasks_.at(id).task;
  ToolGrant grant;
  grant.tools = tools_of(task);
  if (grant.tools.empty()) return grant;
  grant.answer_schema = schema_of(task);
  grant.commands = commands_of(id);
  grant.skills = skills_of(task);
  grant.writes = writes(task);
  return grant;
}

}  // namespace baton
