// From the planner's words to tasks.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "workflow/agents.h"
#include "workflow/appraisal.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace {

constexpr std::size_t kLongestShown = 200;  // of a name, in a note
constexpr std::size_t kLongestAnswer = 64'000;

// As models spell it: "Code Writer", "code_writer".
std::string as_worker_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      plain += static_cast<char>(c + 32);
    } else {
      plain += c == '_' || c == ' ' ? '-' : c;
    }
  }
  return plain;
}

bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

void Agents::begin_plan() {
  plan_stream_ = std::make_unique<ArrayStream>("tasks");
  plan_broken_ = false;
  planned_ids_.clear();
  planned_again_.clear();
  first_of_attempt_ = static_cast<int>(tasks_.size());
}

std::vector<NewTask> Agents::read_piece(const Task& task, std::string_view piece) {
  std::vector<NewTask> planned;
  if (task.spec.id != TaskId(0) || plan_broken_ || plan_stream_ == nullptr) return planned;
  const Status status =
      plan_stream_->feed(piece, [&](std::string_view element) { plan_one(element, planned); });
  plan_broken_ = !status.ok();
  return planned;
}

Status Agents::settle_worker(AgentTask& task) const {
  const auto allowed = [&](std::string_view name) {
    return input_.recipe.row(name) != nullptr && input_.find_worker(name) != nullptr;
  };
  if (allowed(task.worker)) return {};
  const std::string plain = as_worker_name(task.worker);
  const std::string& other = input_.recipe.fix.worker;
  if (allowed(plain)) {
    task.worker = plain;
  } else if (allowed(other)) {
    task.notes.push_back(
        fmt::format("the plan gave '{}' to the worker '{}', which this run does "
                    "not have; {} takes it",
                    task.title, shorten(task.worker, kLongestShown), other));
    task.worker = other;
  } else {
    return input_error(
        fmt::format("task '{}' of the plan names the worker '{}', which this run "
                    "does not have",
                    task.title, shorten(task.worker, kLongestShown)));
  }
  return {};
}

// A file that the base does not have may come from a task this one depends on.
void Agents::settle_files(AgentTask& task) const {
  if (!base_files_) {
    if (Result<std::vector<std::string>> files = repository_.files(input_.base); files)
      base_files_.emplace(files->begin(), files->end());
  }
  std::erase_if(task.files, [&](const FilePart& part) {
    if (base_files_ && base_files_->contains(part.path)) return false;
    const bool may_come = !base_files_ || !task.depends_on.empty();
    if (may_come && stays_inside(part.path)) return false;
    task.notes.push_back(
        fmt::format("task '{}' of the plan names {}, which the repository does "
                    "not have; it is not shown",
                    task.title, shorten(part.path, kLongestShown)));
    return true;
  });
}

// "f2" → the second fact.
void Agents::settle_facts(AgentTask& task) const {
  std::vector<std::string> facts;
  for (std::size_t i = 0; i < input_.facts.size(); ++i) {
    const std::string id = fmt::format("f{}", i + 1);
    if (std::find(task.facts.begin(), task.facts.end(), id) != task.facts.end())
      facts.push_back(input_.facts[i]);
  }
  task.facts = std::move(facts);
}

Result<AgentTask> Agents::read_element(std::string_view element) const {
  Result<AgentTask> task = read_agent_task(element);
  if (!task) return task;
  if (Status settled = settle_worker(*task); !settled) return settled.error();
  settle_files(*task);
  settle_facts(*task);
  return task;
}

// As in a review: a plan that is asked for again finds its own tasks under way, each once; within
// one plan only the very same is a repetition.
std::optional<TaskId> Agents::already_planned(const AgentTask& task) {
  if (const auto same = exact_keys_.find(exact_key(task)); same != exact_keys_.end()) {
    planned_again_.insert(same->second);
    return same->second;
  }
  const auto [begin, end] = loose_keys_.equal_range(loose_key(task));
  for (auto alike = begin; alike != end && alike->second.number() < first_of_attempt_; ++alike) {
    if (planned_again_.insert(alike->second).second) return alike->second;
  }
  return std::nullopt;
}

// Only earlier tasks can be waited for, so a plan has no circles.
void Agents::wait_for_dependencies(AgentTask& task, std::vector<TaskId>& after,
                                   std::vector<TaskId>& needs) const {
  for (const std::string& name : task.depends_on) {
    const auto known = planned_ids_.find(name);
    if (known == planned_ids_.end()) {
      task.notes.push_back(
          fmt::format("task '{}' of the plan depends on '{}', which is not named "
                      "before it; it does not wait for it",
                      task.title, name));
      continue;
    }
    const auto merge = integration_of_.find(known->second);
    const TaskId before = merge == integration_of_.end() ? known->second : merge->second;
    if (std::find(after.begin(), after.end(), before) != after.end()) continue;
    after.push_back(before);
    if (merge != integration_of_.end()) needs.push_back(before);
  }
}

int Agents::planned_works() const {
  return static_cast<int>(std::count_if(tasks_.begin(), tasks_.end(), [](const auto& known) {
    return known.second.task.kind == AgentTaskKind::kWork;
  }));
}

void Agents::plan_one(std::string_view element, std::vector<NewTask>& planned) {
  Result<AgentTask> task = read_element(element);
  if (!task) return;  // read_plan() says so
  if (const auto same = already_planned(*task)) {
    planned_ids_.emplace(task->local_id, *same);
    return;
  }
  const auto pending = std::count_if(planned.begin(), planned.end(), [](const NewTask& placed) {
    return placed.spec.gate == "plan";
  });
  if (planned_works() + pending >= settings_.max_tasks) return;
  std::vector<TaskId> after, needs;
  wait_for_dependencies(*task, after, needs);
  add_work(std::move(*task), std::move(after), std::move(needs), planned);
}

// From its whole text, so that a resumed run says the same.
void Agents::read_plan(std::string_view answer) {
  plan_notes_.clear();
  direct_answer_.clear();
  approach_.clear();
  const Result<boost::json::object> plan = parse_object(answer, "the plan");
  if (!plan) return;
  approach_ = short_text_at(*plan, "approach");
  int usable = 0;
  each_object_at(*plan, "tasks", [&](const boost::json::object& element) {
    const Result<AgentTask> task = read_element(boost::json::serialize(element));
    if (task) {
      ++usable;
    } else {
      plan_notes_.push_back(task.error().message + "; left out");
    }
  });
  if (usable > settings_.max_tasks)
    plan_notes_.push_back(said_of_long_plan(usable, settings_.max_tasks));
  if (usable == 0) direct_answer_ = short_text_at(*plan, "answer", kLongestAnswer);
}

Appraisal Agents::judge_plan(const CallSettled& answer) const {
  Status status =
      plan_stream_ == nullptr ? Status(input_error("no plan came")) : plan_stream_->finish();
  if (!status) return invalid(status.error().message, kAnswerAgain);
  const Result<boost::json::object> plan = parse_object(answer.text, "the plan");
  if (!plan) return invalid(plan.error().message, kAnswerAgain);
  int usable = 0;
  std::string why = "it has neither tasks nor an answer";
  each_object_at(*plan, "tasks", [&](const boost::json::object& element) {
    const Result<AgentTask> task = read_element(boost::json::serialize(element));
    if (task) {
      ++usable;
    } else {
      why = task.error().message;
    }
  });
  if (usable > 0 || !text_at(*plan, "answer").empty()) return {};
  return invalid(why, kAnswerAgain);
}

}  // namespace baton
