#include "app/review_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checker/selection.h"
#include "forecast/size_estimate.h"
#include "report/cost_report.h"

namespace baton {
namespace {

std::string status_text(const Task& task) {
  if (task.status == TaskStatus::kDone) return "done";
  return task.status == TaskStatus::kSkipped ? "skipped" : "pending";
}

TaskLine line_of(const Task& task, const Review& review) {
  TaskLine line;
  line.id = task.spec.id;
  line.type = task.spec.type;
  line.role = task.spec.role;
  line.tier = to_string(task.tier);
  line.model = task.model;
  line.status = status_text(task);
  line.attempts = task.attempts;
  line.note = task.note;
  const auto outcome = review.outcomes().find(task.spec.id);
  if (outcome == review.outcomes().end()) {
    line.title = task.spec.last ? "report" : "plan";
    return line;
  }
  line.title = outcome->second.task.title;
  line.findings = static_cast<int>(outcome->second.findings.size());
  if (task.tier == Tier::kLocal)
    line.model = fmt::format("{}", fmt::join(outcome->second.task.checkers, ", "));
  return line;
}

// The types that checkers do not wholly do for every language of the change.
std::vector<LeftToModels> left_to_models(const Review& review, const RunRequest& request,
                                         const Tables& tables, Instant at) {
  std::vector<std::string> languages;
  for (const ChangedFile& file : review.change().files) {
    const std::string language(language_of(file.path));
    if (std::find(languages.begin(), languages.end(), language) == languages.end())
      languages.push_back(language);
  }
  const ReviewEstimate estimate =
      estimate_review(review.change(), tables.types, request.models, tables.catalog, date_of(at));
  std::vector<LeftToModels> left;
  for (const TypeEstimate& type : estimate.work) {
    if (!languages.empty() && !covering(tables.checkers, type.type, languages).empty()) continue;
    left.push_back({type.type, std::string(to_string(type.tier)), type.cost});
  }
  const TaskType& plan = *tables.types.find("task_decomposition");
  const TaskType& report = *tables.types.find("result_synthesis");
  left.push_back({plan.name, std::string(to_string(plan.tier)), estimate.plan});
  left.push_back({report.name, std::string(to_string(report.tier)), estimate.report});
  return left;
}

// A program that is missing is missing to every task it serves: one note says it.
void add_once(std::vector<std::string>& notes, const std::string& note) {
  if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end())
    notes.push_back(note);
}

std::string dropped_detail(const Sifted& dropped) {
  std::vector<std::string> parts;
  const auto say = [&](int count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  say(dropped.not_reviewed, "outside what was reviewed");
  say(dropped.no_such_line, "on lines that do not exist");
  say(dropped.no_such_file, "in files that were not reviewed");
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

ReviewReport report_of(const RunState& run, const Review& review, const CostFold& costs,
                       const RunRequest& request, const Tables& tables) {
  ReviewReport report;
  report.run = run.created.run;
  report.status = to_string(run.status);
  report.reason = run.reason;
  report.title = review.change().title;
  report.started = run.created.at;
  report.elapsed = costs.elapsed();
  report.synthesised = review.synthesis().has_value();
  if (report.synthesised) report.summary = review.synthesis()->summary;
  report.findings = review.report();
  for (const Task& task : run.tasks) {
    report.tasks.push_back(line_of(task, review));
    if (task.skipped) report.missing.push_back(report.tasks.back());
    if (task.tier == Tier::kLocal) add_once(report.notes, task.note);
  }
  if (request.local && !review.change().files.empty())
    report.left_to_models = left_to_models(review, request, tables, run.created.at);
  report.dropped_findings = review.dropped().dropped();
  report.dropped_detail = dropped_detail(review.dropped());
  report.files_reviewed = static_cast<int>(review.change().files.size());
  report.lines_added = review.change().added_lines();
  report.skipped = review.change().skipped;
  for (const std::string& note : review.change().notes) add_once(report.notes, note);
  for (const std::string& note : review.notes()) add_once(report.notes, note);
  report.cost = costs.report(tables.catalog, request.models[Tier::kDeep]);
  return report;
}

ExitCode exit_code_of(const RunState& run, const ReviewReport& report, const RunRequest& request) {
  switch (run.status) {
    case RunStatus::kRunning:
    case RunStatus::kPaused:
      return run.halt ? ExitCode::kProvider : ExitCode::kInterrupted;
    case RunStatus::kBudgetExhausted:
      return ExitCode::kBudgetExhausted;
    case RunStatus::kFailed:
      // Without a model it is the programs that were missing.
      return request.local ? ExitCode::kSystem : ExitCode::kProvider;
    case RunStatus::kPartial:
      // A linter that is not installed is named in the report; the others have done their work.
      if (!request.local) return ExitCode::kProvider;
      break;
    case RunStatus::kComplete:
      break;
  }
  const auto bar = severity_from(request.fail_on);
  const bool reached =
      bar && std::any_of(report.findings.begin(), report.findings.end(),
                         [&](const Finding& finding) { return finding.severity >= *bar; });
  return reached ? ExitCode::kFindings : ExitCode::kDone;
}

std::string rendered(const ReviewReport& report, const std::string& format,
                     const TerminalStyle& style) {
  if (format == "json") return to_json(report);
  if (format == "sarif") return to_sarif(report);
  if (format == "md") return to_markdown(report);
  return to_terminal(report, style);
}

}  // namespace baton
