// Which tasks a run of agents has, and what each may use.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "worker/tool_names.h"
#include "workflow/agents.h"

namespace baton {
namespace {

constexpr Tokens kUsualContext(60'000);
constexpr int kLinesAround = 60;  // of a finding, that whoever mends it is shown
// What a clean-up works with: each definition takes its part of a small context.
constexpr std::string_view kFewTools[] = {"read", "search", "edit", "shell", "finish"};
constexpr std::string_view kEditingTools[] = {"edit", "write", "patch", "render_pdf"};

template <typename List>
bool holds(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string type_of(const AgentTask& task) {
  switch (task.kind) {
    case AgentTaskKind::kPlan:
    case AgentTaskKind::kIntegration:
    case AgentTaskKind::kDelivery:
      return std::string(to_string(task.kind));
    case AgentTaskKind::kWork:
    case AgentTaskKind::kCleanUp:
    case AgentTaskKind::kReview:
    case AgentTaskKind::kFix:
      return task.worker;
  }
  __builtin_unreachable();
}

// "t4" → 4.
std::optional<TaskId> id_from(std::string_view name) {
  if (!name.starts_with('t')) return std::nullopt;
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number < 0) return std::nullopt;
  return TaskId(number);
}

// The lines around each finding; those that touch are one part.
std::vector<FilePart> around(const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<LineRange>> ranges;
  for (const Finding& finding : findings) {
    if (finding.file.empty()) continue;
    ranges[finding.file].push_back(
        {std::max(1, finding.line - kLinesAround), finding.line + kLinesAround});
  }
  std::vector<FilePart> parts;
  for (auto& [path, lines] : ranges) {
    std::sort(lines.begin(), lines.end(),
              [](const LineRange& a, const LineRange& b) { return a.first < b.first; });
    for (const LineRange& range : lines) {
      const bool touches =
          !parts.empty() && parts.back().path == path && range.first <= parts.back().lines.last + 1;
      if (touches) {
        parts.back().lines.last = std::max(parts.back().lines.last, range.last);
      } else if (parts.size() < kMostPlannedFiles) {
        parts.push_back({path, range, false});
      }
    }
  }
  return parts;
}

}  // namespace

// ---- what a task may use ----

const RoleRow& Agents::row_of(const AgentTask& task) const {
  const Recipe& recipe = input_.recipe;
  switch (task.kind) {
    case AgentTaskKind::kPlan:
    case AgentTaskKind::kDelivery:
      return recipe.planner;
    case AgentTaskKind::kIntegration:
      return recipe.integrator;
    case AgentTaskKind::kCleanUp:
      return recipe.clean_up ? *recipe.clean_up : recipe.other;
    case AgentTaskKind::kReview:
      return recipe.review ? *recipe.review : recipe.other;
    case AgentTaskKind::kFix:
      return recipe.fix;
    case AgentTaskKind::kWork:
      break;
  }
  const RoleRow* row = recipe.row(task.worker);
  return row == nullptr ? recipe.other : *row;
}

Tokens Agents::context_of(const AgentTask& task) const {
  const RoleRow& row = row_of(task);
  if (row.context) return *row.context;
  const Worker* worker = input_.find_worker(task.worker);
  return worker == nullptr ? kUsualContext : worker->context.value_or(kUsualContext);
}

std::vector<std::string> Agents::tools_of(const AgentTask& task) const {
  std::vector<std::string> tools;
  const Worker* worker = input_.find_worker(task.worker);
  if (worker == nullptr) return tools;
  for (const std::string_view name : kToolNames) {
    if (name != "finish" && !holds(worker->tools, name)) continue;
    if (name == "shell" && !input_.commands) continue;
    if (name == "render_pdf" && !input_.pdf) continue;
    if (name == "skill" && skills_of(task).empty()) continue;
    if (task.kind == AgentTaskKind::kReview && holds(kEditingTools, name)) continue;
    if (task.kind == AgentTaskKind::kCleanUp && !holds(kFewTools, name)) continue;
    tools.emplace_back(name);
  }
  return tools;
}

bool Agents::writes(const AgentTask& task) const {
  if (task.kind == AgentTaskKind::kReview) return false;
  const std::vector<std::string> tools = tools_of(task);
  return std::any_of(tools.begin(), tools.end(),
                     [](const std::string& tool) { return holds(kWritingTools, tool); });
}

std::vector<Skill> Agents::skills_of(const AgentTask& task) const {
  std::vector<Skill> skills;
  const Worker* worker = input_.find_worker(task.worker);
  if (worker == nullptr) return skills;
  for (const Skill& skill : input_.skills) {
    if (skill.is_listed || holds(worker->skills, skill.name)) skills.push_back(skill);
  }
  return skills;
}

const std::string& Agents::schema_of(const AgentTask& task) const {
  const Recipe& recipe = input_.recipe;
  const bool reviews = recipe.review && recipe.review->worker == task.worker && !writes(task);
  if (task.kind == AgentTaskKind::kReview || reviews) return recipe.words.reviewer_schema;
  return writes(task) ? recipe.words.writer_schema : recipe.words.other_schema;
}

// What tidies, mends or merges must leave everything working that was built.
std::vector<std::string> Agents::commands_of(TaskId id) const {
  const AgentTask& task = tasks_.at(id).task;
  std::vector<std::string> commands;
  if (!input_.commands || task.kind == AgentTaskKind::kReview) return commands;
  const auto add = [&](const std::vector<std::string>& more) {
    for (const std::string& command : more) {
      if (commands.size() < kMostPlannedLines && !holds(commands, command))
        commands.push_back(command);
    }
  };
  add(task.commands);
  const bool of_all =
      task.kind == AgentTaskKind::kCleanUp || task.kind == AgentTaskKind::kFix ||
      (task.kind == AgentTaskKind::kIntegration && tasks_.at(id).trouble.has_value());
  if (!of_all) return commands;
  for (const TaskId merge : merged()) {
    if (merge != id) add(tasks_.at(merge).task.commands);
  }
  return commands;
}

std::optional<TaskId> Agents::work_before(TaskId id) const {
  const auto known = tasks_.find(id);
  return known == tasks_.end() ? std::nullopt : id_from(known->second.task.of);
}

// ---- which tasks there are ----

NewTask Agents::made(TaskId id, const AgentTask& task) const {
  const RoleRow& row = row_of(task);
  const Worker* worker = input_.find_worker(task.worker);
  NewTask made;
  TaskSpec& spec = made.spec;
  spec.id = id;
  spec.tier = Tier::kBalanced;
  spec.type = type_of(task);
  if (worker != nullptr) {
    spec.tier = worker->tier.value_or(spec.tier);
    spec.model = worker->model;
    spec.effort = worker->effort;
    if (worker->max_turns) spec.limits.turns = *worker->max_turns;
  }
  spec.tier = row.tier.value_or(task.kind == AgentTaskKind::kPlan ? Tier::kDeep : spec.tier);
  if (!row.effort.empty()) spec.effort = row.effort;
  if (row.limits.turns) spec.limits.turns = row.limits.turns;
  spec.limits.tokens = row.limits.tokens;
  spec.limits.wall = row.limits.wall;
  spec.max_output = row.max_output;
  if (task.kind == AgentTaskKind::kPlan) spec.leads = true;
  if (task.kind == AgentTaskKind::kReview) spec.leads = true;
  if (task.kind == AgentTaskKind::kWork) spec.gate = "plan";
  if (task.kind == AgentTaskKind::kPlan || task.kind == AgentTaskKind::kIntegration ||
      task.kind == AgentTaskKind::kDelivery) {
    // A program needs no free hand, and what is done is merged even when the run's time is over.
    spec.role = Role::kOrchestrator;
  }
  if (task.kind == AgentTaskKind::kIntegration) spec.checkers_first = true;
  if (task.kind == AgentTaskKind::kDelivery) {
    spec = TaskSpec{.id = id,
                    .type = spec.type,
                    .role = spec.role,
                    .tier = Tier::kLocal,
                    .checkers_first = true,
                    .last = true,
                    .gate = "merge"};
  }
  made.brief = write_agent_brief(task);
  return made;
}

// A writer's work is merged once it and every integration before it have ended, so that one commit
// follows the other whatever is tried again.
void Agents::add_work(AgentTask task, std::vector<TaskId> after, std::vector<TaskId> needs,
                      std::vector<NewTask>& tasks) {
  const TaskId id(static_cast<int>(tasks_.size() + tasks.size()));
  if (task.kind == AgentTaskKind::kWork) planned_ids_.emplace(task.local_id, id);
  NewTask work = made(id, task);
  work.spec.after = std::move(after);
  work.spec.needs = std::move(needs);
  tasks.push_back(std::move(work));
  if (!writes(task)) return;
  AgentTask merge;
  merge.kind = AgentTaskKind::kIntegration;
  const Recipe& recipe = input_.recipe;
  const bool has_integrator = input_.find_worker(recipe.integrator.worker) != nullptr;
  merge.worker = has_integrator ? recipe.integrator.worker : recipe.fix.worker;
  merge.title = fmt::format("Merge: {}", task.title);
  merge.description = recipe.words.integrate;
  merge.constraints = std::move(task.constraints);
  merge.acceptance = std::move(task.acceptance);
  merge.commands = std::move(task.commands);
  merge.of = id.to_string();
  NewTask integration = made(TaskId(id.number() + 1), merge);
  integration.spec.after = {id};
  integration.spec.needs = {id};
  for (const auto& [writer, earlier] : integration_of_) integration.spec.after.push_back(earlier);
  integration_of_[id] = integration.spec.id;
  tasks.push_back(std::move(integration));
}

bool Agents::has_review() const {
  const Recipe& recipe = input_.recipe;
  return recipe.review && recipe.review_rounds > 0 &&
         input_.find_worker(recipe.review->worker) != nullptr;
}

void Agents::add_review(int round, std::vector<NewTask>& tasks) const {
  AgentTask review;
  review.kind = AgentTaskKind::kReview;
  review.worker = input_.recipe.review->worker;
  review.title = fmt::format("Review the change, round {}", round);
  review.description = input_.recipe.words.review;
  review.round = round;
  NewTask task = made(TaskId(static_cast<int>(tasks_.size() + tasks.size())), review);
  for (const auto& [writer, merge] : integration_of_) task.spec.after.push_back(merge);
  tasks.push_back(std::move(task));
}

std::vector<NewTask> Agents::follow_up(const RunState&, const Task& task) {
  if (task.skipped) return {};
  const Known& known = tasks_.at(task.spec.id);
  if (known.task.kind == AgentTaskKind::kPlan) return after_plan();
  if (known.task.kind == AgentTaskKind::kReview) return after_review(known);
  return {};
}

std::vector<NewTask> Agents::after_plan() {
  std::vector<NewTask> tasks;
  if (integration_of_.empty()) return tasks;
  const std::optional<RoleRow>& row = input_.recipe.clean_up;
  if (row && input_.find_worker(row->worker) != nullptr) {
    AgentTask clean_up;
    clean_up.kind = AgentTaskKind::kCleanUp;
    clean_up.worker = row->worker;
    clean_up.title = "Clean up";
    clean_up.description = input_.recipe.words.clean_up;
    std::vector<TaskId> after;
    for (const auto& [writer, merge] : integration_of_) after.push_back(merge);
    add_work(std::move(clean_up), std::move(after), {}, tasks);
  }
  if (has_review()) add_review(1, tasks);
  return tasks;
}

std::vector<Finding> Agents::to_mend(TaskId review) const {
  std::vector<Finding> findings = answer(review).findings;
  std::erase_if(findings,
                [&](const Finding& finding) { return finding.severity < input_.recipe.mend_from; });
  return findings;
}

std::vector<NewTask> Agents::after_review(const Known& review) {
  std::vector<NewTask> tasks;
  const TaskId id = review.spec.id;
  const std::vector<Finding> findings = to_mend(id);
  const bool mendable = input_.find_worker(input_.recipe.fix.worker) != nullptr;
  if (findings.empty() || !mendable || review.task.round >= input_.recipe.review_rounds ||
      unchanged_since_last_review(review))
    return tasks;
  AgentTask fix;
  fix.kind = AgentTaskKind::kFix;
  fix.worker = input_.recipe.fix.worker;
  fix.title = fmt::format("Mend what review {} found", review.task.round);
  fix.description = input_.recipe.words.fix;
  fix.files = around(findings);
  fix.round = review.task.round;
  fix.of = id.to_string();
  if (!writes(fix)) return tasks;
  std::vector<TaskId> after = {id};
  for (const auto& [writer, merge] : integration_of_) after.push_back(merge);
  add_work(std::move(fix), std::move(after), {id}, tasks);
  add_review(review.task.round + 1, tasks);
  return tasks;
}

// Of a review after a fix that came to nothing.
bool Agents::unchanged_since_last_review(const Known& review) const {
  for (const TaskId id : review.spec.after) {
    const auto writer = work_before(id);
    if (!writer || tasks_.at(*writer).task.kind != AgentTaskKind::kFix ||
        tasks_.at(*writer).task.round + 1 != review.task.round)
      continue;
    const AgentResult* merge = result(id);
    return merge == nullptr || merge->commit == merge->onto;
  }
  return false;
}

}  // namespace baton
