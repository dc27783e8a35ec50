// What the models of a review are shown. Byte-stable: the same change and task give the same bytes.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "prompt/pack.h"
#include "workflow/review.h"

namespace baton {
namespace {

// About 120,000 tokens: a planner that is shown more plans no better, and pays for it once for each
// retry.
constexpr std::size_t kPlanBytes = 480'000;
// About 600,000 tokens of the newer tokenizers: all that fits the widest windows beside an answer.
constexpr std::size_t kDirectBytes = 1'800'000;
constexpr std::size_t kMostFindingsShown = 400;
constexpr int kMostUses = 64;          // more make a mark pay no better
constexpr std::size_t kPlanShare = 3;  // of what it is shown, a third at most is the map

Prompt prompt_of(const ReviewWords::Part& words, std::string own) {
  Prompt prompt;
  prompt.system.push_back({words.system, false});
  prompt.user.push_back({std::move(own), false});
  prompt.schema = words.schema;
  return prompt;
}

std::string list_types(const TaskTypes& types) {
  std::string out;
  for (const TaskType& type : types.all()) {
    if (type.role != Role::kWorker) continue;
    fmt::format_to(std::back_inserter(out), "- {}: {}\n", type.name, type.looks_for);
  }
  return out;
}

std::string list_lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) fmt::format_to(std::back_inserter(out), "- {}\n", text);
  return out;
}

boost::json::object shown(const Finding& finding) {
  boost::json::object object{{"file", finding.file},
                             {"line", finding.line},
                             {"severity", to_string(finding.severity)},
                             {"category", finding.category},
                             {"message", finding.message}};
  if (!finding.suggestion.empty()) object["suggestion"] = finding.suggestion;
  object["confidence"] = finding.confidence;
  return object;
}

std::string one_line_each(const std::vector<Finding>& findings) {
  std::string out;
  std::size_t number = 0;
  for (const Finding& finding : findings) {
    if (number == kMostFindingsShown) break;
    boost::json::object object{{"id", finding_id(number++)}};
    for (const auto& [key, value] : shown(finding)) object[key] = value;
    out += boost::json::serialize(object) + '\n';
  }
  return out;
}

}  // namespace

Prompt Review::plan_prompt() const {
  std::string own = "Task types:\n" + list_types(types_) + '\n';
  if (!change_.description.empty())
    own += "What its author says of it:\n" + change_.description + "\n\n";
  if (!change_.map.empty())
    own += "The repository:\n" + change_.map.substr(0, kPlanBytes / kPlanShare) + '\n';
  if (change_.kind == Change::Kind::kTree) {
    own += "Files to review:\n";
    for (const ChangedFile& file : change_.files) {
      fmt::format_to(std::back_inserter(own), "- {} ({} lines)\n", file.path, file.line_count());
    }
  } else {
    own += "The change:\n" + render_change(change_, kPlanBytes);
  }
  return prompt_of(words_.plan, std::move(own));
}

Prompt Review::direct_prompt() const {
  std::string own = "Look for:\n" + list_types(types_) + '\n';
  if (!change_.description.empty())
    own += "What its author says of it:\n" + change_.description + "\n\n";
  own += "The change:\n" + render_change(change_, kDirectBytes);
  return prompt_of(words_.direct, std::move(own));
}

// Of the calls that are sent the same files on the same model, with the same effort (another one
// is another cache entry): how many can come to share them, this one included.
int Review::uses_of_pack(const RunState& run, const Task& task) {
  Pack& pack = packs_[pack_key(outcomes_.at(task.spec.id).task)];
  pack.alone.erase(task.spec.id);  // if it is asked again, it may find company
  int alike = 0;
  int uses = 0;
  for (const TaskId id : pack.members) {
    const Task& member = run.task(id);
    if (member.tier != task.tier || member.effort != task.effort || member.spec.batch) continue;
    ++alike;
    if (!pack.alone.contains(id) && ++uses == kMostUses) break;
  }
  if (alike > 1 && !run.plan_closed) ++uses;  // a plan that names two such tasks names more
  if (uses == 1) pack.alone.insert(task.spec.id);
  return uses;
}

// The files come first, then the task: what siblings share stands before what is their own.
Prompt Review::work_prompt(const RunState& run, const Task& task) {
  const ReviewTask& brief = outcomes_.at(task.spec.id).task;
  const TaskType type = types_.route(brief.type, brief.clear_rubric);
  std::string files = "Files:\n";
  for (const FilePart& part : in_order(brief.files)) {
    const ChangedFile* file = change_.find(part.path);
    if (file == nullptr) continue;
    files += render_lines(*file, part.whole ? std::vector<LineRange>{}
                                            : std::vector<LineRange>{part.lines}) +
             '\n';
  }
  std::string own = fmt::format("Task: {} ({})\n", brief.title, brief.type);
  if (!type.looks_for.empty()) own += "Look for: " + type.looks_for + '\n';
  own += "Instructions: " + brief.instructions + '\n';
  if (!brief.acceptance.empty()) own += "Done when:\n" + list_lines(brief.acceptance);
  for (const TaskId before : task.spec.after) {
    const auto outcome = outcomes_.find(before);
    if (outcome == outcomes_.end() || outcome->second.findings.empty()) continue;
    own += fmt::format("Found before by '{}':\n", outcome->second.task.title);
    own += one_line_each(outcome->second.findings);
  }
  Prompt prompt = prompt_of(words_.work, std::move(own));
  prompt.uses = task.spec.batch ? 1 : uses_of_pack(run, task);
  prompt.user.insert(prompt.user.begin(), {std::move(files), prompt.uses > 1});
  return prompt;
}

Prompt Review::report_prompt(const RunState& run) const {
  std::string own = fmt::format("Reviewed: {}, {} files.\n\nFindings, one a line:\n", change_.title,
                                change_.files.size());
  own += one_line_each(all_findings());
  std::string missing;
  for (const Task& task : run.tasks) {
    if (!task.skipped) continue;
    const auto outcome = outcomes_.find(task.spec.id);
    const std::string title =
        outcome == outcomes_.end() ? std::string() : outcome->second.task.title;
    fmt::format_to(std::back_inserter(missing), "- {} {}\n", task.spec.type, title);
  }
  if (!missing.empty()) own += "\nMissing (failed or skipped):\n" + missing;
  return prompt_of(words_.report, std::move(own));
}

}  // namespace baton
