#include "simulation/scripted_work.h"

#include <fmt/format.h>

#include <charconv>

#include "base/chance.h"
#include "simulation/dice.h"
#include "workflow/appraisal.h"

namespace baton::sim {
namespace {

constexpr std::string_view kToolsOffered =
    R"([{"name":"look","description":"Looks.","input_schema":{"type":"object"}}])";
constexpr std::string_view kGoOn = R"([{"type":"text","text":"go on"}])";
constexpr std::string_view kShared =
    "What all tasks of this run are told: do what the next line says, and say when it is done. "
    "Nothing else is wanted of you.";

NewTask orchestrator(int id, std::string brief) {
  NewTask task;
  task.spec.id = TaskId(id);
  task.spec.type = brief;
  task.spec.role = Role::kOrchestrator;
  task.spec.tier = Tier::kDeep;
  task.spec.max_output = Tokens(1000);
  task.brief = std::move(brief);
  return task;
}

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

WorkShape drawn_shape(std::uint64_t seed) {
  Dice dice(mix(seed, 77));
  WorkShape shape;
  shape.seed = seed;
  shape.planned = !dice.one_in(4);
  shape.items = static_cast<int>(dice.one_in(12) ? dice.between(5, 10) : dice.between(1, 4));
  shape.batches = dice.one_in(5);
  shape.checkers = dice.one_in(4);
  shape.tools = dice.one_in(4);
  shape.followers = dice.one_in(5);
  shape.gates = dice.one_in(6);
  shape.shared_prefix = dice.one_in(2);
  return shape;
}

std::uint64_t ScriptedWork::drawn(std::int64_t what, std::uint64_t which) const {
  return mix(shape_.seed, static_cast<std::uint64_t>(what) * 64 + which);
}

std::vector<NewTask> ScriptedWork::first_tasks() {
  std::vector<NewTask> tasks;
  if (shape_.planned) {
    tasks.push_back(orchestrator(0, "plan"));
    tasks.push_back(orchestrator(1, "report"));
    tasks.back().spec.last = true;
    return tasks;
  }
  for (int number = 0; number < shape_.items; ++number) {
    tasks.push_back(item(number, TaskId(number)));
    items_[number] = TaskId(number);
  }
  return tasks;
}

// The same each time it is asked for, whatever else there is by then.
NewTask ScriptedWork::item(int number, TaskId id) const {
  const auto one_in = [&](std::uint64_t which, std::uint64_t odds) {
    return drawn(number, which) % odds == 0;
  };
  NewTask task;
  TaskSpec& spec = task.spec;
  spec.id = id;
  spec.type = one_in(0, 2) ? "code_review" : "naming_convention_check";
  spec.tier = one_in(1, 3) ? Tier::kBalanced : Tier::kFast;
  spec.max_output = Tokens(one_in(2, 4) ? 2000 : 500);
  for (const auto& [before, task_id] : items_) {
    if (before >= number || !one_in(8 + static_cast<std::uint64_t>(before), 3)) continue;
    spec.after.push_back(task_id);
    if (one_in(24 + static_cast<std::uint64_t>(before), 2)) spec.needs.push_back(task_id);
  }
  spec.batch = shape_.batches && one_in(3, 2);
  spec.checkers_first = shape_.checkers && one_in(4, 2);
  if (spec.checkers_first && one_in(5, 4)) spec.tier = Tier::kLocal;
  spec.leads = shape_.followers && one_in(6, 2);
  if (shape_.gates && one_in(7, 2)) spec.gate = "merge";
  if (one_in(40, 6)) spec.limits.turns = 2;
  if (one_in(41, 8)) spec.effort = "low";
  const bool tools = shape_.tools && !spec.batch && one_in(42, 2);
  task.brief = one_in(43, 15) ? "nothing" : tools ? "tools" : "work";
  task.brief += fmt::format(" {}", number);
  return task;
}

void ScriptedWork::added(const TaskSpec& spec, std::string_view brief) {
  briefs_.emplace_back(brief);
  const std::size_t space = brief.find(' ');
  if (space == brief.npos || brief.starts_with("follow")) return;
  if (const auto number = number_in(brief.substr(space + 1))) items_.emplace(*number, spec.id);
}

Ask ScriptedWork::ask(const RunState&, const Task& task) {
  const std::string& brief = briefs_.at(static_cast<std::size_t>(task.spec.id.number()));
  const std::string_view kind = std::string_view(brief).substr(0, brief.find(' '));
  if (kind == "nothing") return std::string("there was nothing to do");
  if (kind == "plan") plan_.clear();
  Prompt prompt;
  if (shape_.shared_prefix) {
    prompt.system.push_back({std::string(kShared), true});
    prompt.uses = 4;
    prompt.gap = Millis::seconds(10);
  }
  prompt.user.push_back({fmt::format("{} {} {}", task.spec.id.to_string(), kind, shape_.items)});
  if (kind == "tools") prompt.tools = kToolsOffered;
  return prompt;
}

std::vector<NewTask> ScriptedWork::read_piece(const Task& task, std::string_view piece) {
  if (briefs_.at(static_cast<std::size_t>(task.spec.id.number())) != "plan") return {};
  plan_ += piece;
  std::vector<NewTask> tasks;
  std::size_t end = 0;
  while ((end = plan_.find(';')) != std::string::npos) {
    const std::optional<int> number = number_in(std::string_view(plan_).substr(0, end));
    plan_.erase(0, end + 1);
    // A plan that is asked for again names what is there already.
    if (!number || items_.contains(*number)) continue;
    const TaskId id(static_cast<int>(briefs_.size() + tasks.size()));
    tasks.push_back(item(*number, id));
    items_[*number] = id;
  }
  return tasks;
}

Appraisal ScriptedWork::judge(const Task& task, const CallSettled& answer) {
  if (auto cut = unless_whole(answer)) return *cut;
  if (!answer.tool_uses.empty()) return {Verdict::kTools, {}, {}};
  if (answer.text == "more") return {Verdict::kContinue, {}, std::string(kGoOn)};
  const bool is_plan = briefs_.at(static_cast<std::size_t>(task.spec.id.number())) == "plan";
  const bool whole = is_plan ? answer.text.ends_with('.') : answer.text == "ok";
  return whole ? Appraisal() : invalid("it is something else", kAnswerAgain);
}

std::vector<NewTask> ScriptedWork::follow_up(const RunState&, const Task& task) {
  const auto parent = static_cast<std::int64_t>(task.spec.id.number());
  std::vector<NewTask> tasks;
  for (std::uint64_t i = 0; i < drawn(1000 + parent, 0) % 3; ++i) {
    NewTask next;
    next.spec.id = TaskId(static_cast<int>(briefs_.size() + tasks.size()));
    next.spec.type = "code_review";
    next.spec.after = {task.spec.id};
    next.spec.max_output = Tokens(500);
    next.brief = "follow up";
    tasks.push_back(std::move(next));
  }
  return tasks;
}

CheckerRequest ScriptedWork::checkers_for(TaskId task) const {
  return {task, briefs_.at(static_cast<std::size_t>(task.number())), {}, {}};
}

}  // namespace baton::sim
