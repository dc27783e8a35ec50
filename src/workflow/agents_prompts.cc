// What models are shown, put together. Byte-stable: the same task, and what it stands upon, give
// the same bytes.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "workflow/agents.h"

namespace baton {
namespace {

// A request is JSON: newlines and quotes take two bytes there.
constexpr std::int64_t kBodyPercent = 110;
// Of what tools and system text leave, a task begins with no more than this; the rest is for what
// its tools tell it.
constexpr std::int64_t kFirstShare = 60;
// The most that project instructions may take of a context, and skills that a worker begins with.
constexpr std::int64_t kNotesShare = 25;
constexpr int kMostUses = 64;  // more make a mark pay no better

Tokens share(Tokens tokens, std::int64_t percent) {
  return Tokens(tokens.count() * percent / 100);
}

std::size_t bytes_of(const std::vector<PromptBlock>& blocks) {
  std::size_t bytes = 0;
  for (const PromptBlock& block : blocks) bytes += block.text.size();
  return bytes;
}

}  // namespace

// What there is nothing to ask about.
std::optional<AgentResult> Agents::without_model(const Known& known) const {
  const TaskId id = known.spec.id;
  const bool empty = base_of(id) == input_.base;
  switch (known.task.kind) {
    case AgentTaskKind::kPlan:
    case AgentTaskKind::kWork:
    case AgentTaskKind::kIntegration:
    case AgentTaskKind::kFix:
      return std::nullopt;
    case AgentTaskKind::kDelivery:
      return AgentResult{.note = "nothing was delivered"};
    case AgentTaskKind::kCleanUp:
      if (empty) return AgentResult{.note = "nothing was written"};
      return std::nullopt;
    case AgentTaskKind::kReview:
      break;
  }
  if (empty)
    return AgentResult{.answer = write_review_answer("Nothing was written.", {}),
                       .note = "nothing was written"};
  if (!unchanged_since_last_review(known)) return std::nullopt;
  std::vector<Finding> findings;
  for (const auto& [other, before] : tasks_) {
    if (before.task.kind == AgentTaskKind::kReview && before.task.round + 1 == known.task.round)
      findings = answer(other).findings;
  }
  return AgentResult{
      .answer = write_review_answer("Nothing was changed since the last review.", findings),
      .note = "nothing was changed since the last review"};
}

std::string Agents::system_of(const AgentTask& task) const {
  if (task.kind == AgentTaskKind::kPlan) return input_.recipe.plan_system;
  const RecipeWords& words = input_.recipe.words;
  const Worker* worker = input_.find_worker(task.worker);
  std::string text = worker == nullptr ? std::string() : worker->instructions;
  text += "\n" + words.rules;
  if (!input_.commands) text += words.no_commands;
  if (worker == nullptr) return text;
  const Tokens most = share(context_of(task), kNotesShare);
  if (!worker->omits_project_instructions && !input_.instructions.empty()) {
    text += "\nWhat the project tells everyone who works on it:\n";
    text += cut_at_line(input_.instructions, most) + '\n';
  }
  const std::vector<std::string> tools = tools_of(task);
  if (std::find(tools.begin(), tools.end(), "skill") != tools.end()) {
    const std::string listing = skill_listing(skills_of(task));
    if (!listing.empty())
      text += "\nSkills, which the skill tool opens:\n" + cut_at_line(listing, most);
  }
  std::string opened;
  for (const Skill& skill : skills_of(task)) {
    const std::vector<std::string>& named = worker->skills;
    if (std::find(named.begin(), named.end(), skill.name) == named.end()) continue;
    opened += fmt::format("\nThe skill {}:\n{}\n", skill.name, skill.body);
  }
  if (!opened.empty() && task.kind != AgentTaskKind::kCleanUp) text += cut_at_line(opened, most);
  return text;
}

Prompt Agents::frame_of(const Known& known) const {
  Prompt prompt;
  prompt.system.push_back({system_of(known.task), false});
  prompt.most = context_of(known.task);
  if (known.task.kind == AgentTaskKind::kPlan) {
    prompt.schema = input_.recipe.plan_schema;
  } else if (settings_.tool_definitions) {
    prompt.tools = settings_.tool_definitions(tools_of(known.task), schema_of(known.task));
  }
  return prompt;
}

Agents::Shown Agents::shown(TaskId id) const {
  const Known& known = tasks_.at(id);
  Shown shown;
  shown.prompt = frame_of(known);
  // Sizes are counted as those of plain text, so the context is made as much smaller as the model's
  // tokenizer and the request's form make them larger.
  const std::int64_t percent = kBodyPercent * settings_.tokenizer_percent / 100;
  const Tokens context(context_of(known.task).count() * 100 / percent);
  const Tokens taken = estimated_tokens(bytes_of(shown.prompt.system) + shown.prompt.tools.size() +
                                        shown.prompt.schema.size());
  const bool has_turns = known.task.kind != AgentTaskKind::kPlan;
  const Tokens budget = has_turns ? taken + share(context - taken, kFirstShare) : context;
  Pack pack = make_pack(parts_of(known), budget, taken);
  shown.prompt.user.push_back({std::move(pack.text), false});
  shown.report = std::move(pack.report);
  shown.report.used = share(shown.report.used, percent);
  shown.report.budget = context_of(known.task);
  return shown;
}

PackReport Agents::pack(TaskId id) const {
  return shown(id).report;
}

// Tasks of one worker, on one model and with one effort, are told the same before their own task.
int Agents::uses_of_system(const RunState& run, const Task& task) const {
  const AgentTask& own = tasks_.at(task.spec.id).task;
  if (own.kind == AgentTaskKind::kPlan) return 1;
  const std::vector<std::string> tools = tools_of(own);
  int uses = 0;
  for (const auto& [id, known] : tasks_) {
    if (known.task.worker != own.worker || schema_of(known.task) != schema_of(own)) continue;
    // Tasks that are placed together are known here before they are in the run.
    const bool placed = id.number() < static_cast<int>(run.tasks.size());
    if (!placed || tools_of(known.task) != tools) continue;
    const Task& other = run.task(id);
    if (other.tier == task.tier && other.effort == task.effort && ++uses == kMostUses) break;
  }
  return std::max(uses, 1);
}

}  // namespace baton
