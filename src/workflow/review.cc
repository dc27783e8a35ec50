#include "workflow/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "workflow/appraisal.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr TaskId kPlan{0};
constexpr std::string_view kNothingToSay = "{}";

NewTask orchestrator(TaskId id, const TaskTypes& types, std::string_view name, bool last) {
  const TaskType& type = *types.find(name);
  NewTask task;
  task.spec.id = id;
  task.spec.type = type.name;
  task.spec.role = Role::kOrchestrator;
  task.spec.tier = type.tier;
  task.spec.max_output = type.max_output;
  task.spec.effort = type.effort;
  task.spec.last = last;
  return task;
}

std::vector<std::string> paths_of(const ReviewTask& task) {
  std::vector<std::string> paths;
  for (const FilePart& part : task.files) {
    if (std::find(paths.begin(), paths.end(), part.path) == paths.end()) paths.push_back(part.path);
  }
  return paths;
}

Result<std::vector<Finding>> read_work(std::string_view answer, std::string_view source) {
  const Result<json::object> object = parse_object(answer, "the answer");
  if (!object) return object.error();
  const json::value* findings = object->if_contains("findings");
  if (findings == nullptr) return input_error("the answer has no 'findings'");
  return read_findings(*findings, source);
}

}  // namespace

Review::Review(Change change, TaskTypes types, ReviewWords words, Settings settings)
    : change_(std::move(change)),
      types_(std::move(types)),
      words_(std::move(words)),
      settings_(std::move(settings)) {}

std::vector<NewTask> Review::first_tasks() {
  if (settings_.direct) return {direct_task()};
  if (!settings_.local) {
    return {orchestrator(kPlan, types_, "task_decomposition", false),
            orchestrator(TaskId(1), types_, "result_synthesis", true)};
  }
  std::vector<NewTask> tasks;
  for (const ReviewTask& task : settings_.local_tasks()) {
    tasks.push_back(worker(task, TaskId(static_cast<int>(tasks.size()))));
  }
  return tasks;
}

NewTask Review::worker(const ReviewTask& task, TaskId id) const {
  const TaskType type = types_.route(task.type, task.clear_rubric);
  NewTask made;
  made.spec.id = id;
  made.spec.type = task.type;
  made.spec.tier = settings_.local ? Tier::kLocal : type.tier;
  made.spec.checkers_first = !task.checkers.empty();
  made.spec.max_output = type.max_output;
  made.spec.effort = type.effort;
  made.spec.batch = settings_.batch || task.batch;
  made.brief = write_brief(task);
  return made;
}

// It judges, and it does the work as well: what it costs is a worker's.
NewTask Review::direct_task() const {
  ReviewTask task;
  task.type = "direct_review";
  task.title = "the whole change";
  for (const ChangedFile& file : change_.files) task.files.push_back({file.path, {1, 1}, true});
  const TaskType& type = *types_.find(task.type);
  NewTask made;
  made.spec.id = TaskId(0);
  made.spec.type = task.type;
  made.spec.tier = type.tier;
  made.spec.max_output = type.max_output;
  made.spec.effort = settings_.effort.empty() ? type.effort : settings_.effort;
  made.spec.batch = settings_.batch;
  made.brief = write_brief(task);
  return made;
}

void Review::added(const TaskSpec& spec, std::string_view brief) {
  BATON_CHECK(spec.id.number() == added_);
  ++added_;
  if (spec.role == Role::kOrchestrator) return;
  auto fresh = just_planned_.extract(spec.id);
  Result<ReviewTask> task =
      fresh ? Result<ReviewTask>(std::move(fresh.mapped())) : read_brief(brief);
  if (!task) {
    notes_.push_back(fmt::format("{}: its brief can not be read: {}", spec.id.to_string(),
                                 task.error().message));
    return;
  }
  notes_.insert(notes_.end(), task->notes.begin(), task->notes.end());
  planned_ids_.emplace(task->local_id, spec.id);
  exact_keys_.emplace(exact_key(*task), spec.id);
  loose_keys_.emplace(loose_key(*task), spec.id);
  packs_[pack_key(*task)].members.push_back(spec.id);
  outcomes_[spec.id].task = std::move(*task);
}

void Review::finished(const Task& task, std::string_view answer, std::string_view findings) {
  if (is_plan(task)) {
    if (!answer.empty()) note_plan(answer);
    return;
  }
  if (task.spec.last) {
    // "{}" is the end without a model: there was nothing to say.
    if (answer == kNothingToSay) return;
    if (Result<Synthesis> read = read_synthesis(answer)) synthesis_ = std::move(*read);
    return;
  }
  std::vector<Finding> found;
  if (!findings.empty()) {
    if (auto read = read_findings(findings, std::nullopt)) found = std::move(*read);
  }
  if (!answer.empty()) {
    if (auto read = read_work(answer, task.spec.id.to_string())) {
      found.insert(found.end(), read->begin(), read->end());
    }
  }
  Sifted sifted = sift(change_, std::move(found));
  dropped_.no_such_file += sifted.no_such_file;
  dropped_.no_such_line += sifted.no_such_line;
  dropped_.not_reviewed += sifted.not_reviewed;
  outcomes_[task.spec.id].findings = std::move(sifted.kept);
  merged_.reset();
}

Ask Review::ask(const RunState& run, const Task& task) {
  if (settings_.direct) return direct_prompt();
  if (is_plan(task)) {
    plan_stream_ = std::make_unique<ArrayStream>("tasks");
    plan_broken_ = false;
    planned_ids_.clear();
    first_of_attempt_ = TaskId(added_);
    planned_again_.clear();
    return plan_prompt();
  }
  if (!task.spec.last) return work_prompt(run, task);
  // Nothing to merge, nothing to rank: no model says that better than a program.
  const bool nothing_found = std::all_of(outcomes_.begin(), outcomes_.end(), [](const auto& entry) {
    return entry.second.findings.empty();
  });
  if (nothing_found) return std::string(kNothingToSay);
  return report_prompt(run);
}

std::vector<NewTask> Review::read_piece(const Task& task, std::string_view piece) {
  std::vector<NewTask> planned;
  if (!is_plan(task) || plan_broken_ || plan_stream_ == nullptr) return planned;
  const Status status = plan_stream_->feed(piece, [&](std::string_view element) {
    if (auto next = plan_one(element, planned.size())) planned.push_back(std::move(*next));
  });
  plan_broken_ = !status.ok();
  return planned;
}

// What of a finished plan could not be used. From its whole text, so that a resumed run says the
// same.
void Review::note_plan(std::string_view answer) {
  int usable = 0;
  ArrayStream stream("tasks");
  const Status read = stream.feed(answer, [&](std::string_view element) {
    const Result<ReviewTask> task = read_planned_task(element, change_);
    if (task) {
      ++usable;
    } else {
      notes_.push_back(task.error().message + "; left out");
    }
  });
  if (usable > settings_.max_tasks)
    notes_.push_back(said_of_long_plan(usable, settings_.max_tasks));
  if (read && usable == 0) {
    notes_.push_back("the plan has no usable task: no worker has looked at what is reviewed");
  }
}

std::optional<TaskId> Review::already_planned(const ReviewTask& task) {
  if (const auto same = exact_keys_.find(exact_key(task)); same != exact_keys_.end()) {
    planned_again_.insert(same->second);
    return same->second;
  }
  // A plan that is asked for again finds its own tasks under way, each once: what it names more
  // often than before is new. Within one plan only the very same is a repetition.
  const auto [begin, end] = loose_keys_.equal_range(loose_key(task));
  for (auto alike = begin; alike != end && alike->second < first_of_attempt_; ++alike) {
    if (planned_again_.insert(alike->second).second) return alike->second;
  }
  return std::nullopt;
}

std::optional<NewTask> Review::plan_one(std::string_view element, std::size_t pending) {
  Result<ReviewTask> task = read_planned_task(element, change_);
  if (!task) return std::nullopt;  // note_plan() says so
  if (const auto same = already_planned(*task)) {
    planned_ids_.emplace(task->local_id, *same);
    return std::nullopt;
  }
  if (static_cast<int>(outcomes_.size() + pending) >= settings_.max_tasks) return std::nullopt;
  if (settings_.covering) task->checkers = settings_.covering(task->type, paths_of(*task));
  std::vector<TaskId> after;
  for (const std::string& name : task->depends_on) {
    // Only earlier tasks can be waited for, so a plan has no circles.
    const auto known = planned_ids_.find(name);
    if (known != planned_ids_.end() &&
        std::find(after.begin(), after.end(), known->second) == after.end()) {
      after.push_back(known->second);
    }
  }
  const TaskId id(added_ + static_cast<int>(pending));
  planned_ids_.emplace(task->local_id, id);
  NewTask made = worker(*task, id);
  made.spec.after = std::move(after);
  just_planned_.insert_or_assign(id, std::move(*task));
  return made;
}

Appraisal Review::judge(const Task& task, const CallSettled& answer) {
  if (auto cut = unless_whole(answer)) return *std::move(cut);
  Status status;
  if (is_plan(task)) {
    status = plan_stream_ == nullptr ? Status(input_error("no plan came")) : plan_stream_->finish();
  } else if (task.spec.last) {
    if (auto read = read_synthesis(answer.text); !read) status = read.error();
  } else if (auto read = read_work(answer.text, ""); !read) {
    status = read.error();
  }
  if (status) return {};
  return invalid(status.error().message, kAnswerAgain);
}

CheckerRequest Review::checkers_for(TaskId task) const {
  const ReviewTask& brief = outcomes_.at(task).task;
  return {task, brief.type, brief.checkers, paths_of(brief)};
}

const std::vector<Finding>& Review::all_findings() const {
  if (merged_) return *merged_;
  std::vector<Finding> all;
  for (const auto& [id, outcome] : outcomes_)
    all.insert(all.end(), outcome.findings.begin(), outcome.findings.end());
  merged_ = merge_findings(std::move(all));
  return *merged_;
}

std::vector<Finding> Review::report() const {
  return ranked(synthesis_.value_or(Synthesis()), all_findings());
}

std::vector<std::string> Review::notes() const {
  std::vector<std::string> notes = notes_;
  if (synthesis_) {
    for (std::string& line : dismissals(*synthesis_, all_findings()))
      notes.push_back(std::move(line));
  }
  return notes;
}

}  // namespace baton
