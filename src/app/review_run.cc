#include "app/review_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "checker/selection.h"
#include "shell/checker_runner.h"

namespace baton {
namespace {

std::vector<std::string> names_of(const std::vector<Checker>& checkers) {
  std::vector<std::string> names;
  for (const Checker& checker : checkers) names.push_back(checker.name);
  return names;
}

ReviewTask local_task(const LocalTask& local) {
  ReviewTask task;
  task.local_id = local.task_type;
  task.type = local.task_type;
  for (const CheckerUse& use : local.uses) {
    task.checkers.push_back(use.checker.name);
    for (const std::string& path : use.paths) {
      const FilePart part{path, {1, 1}, true};
      if (std::find(task.files.begin(), task.files.end(), part) == task.files.end())
        task.files.push_back(part);
    }
  }
  task.title = fmt::format("by {}", fmt::join(task.checkers, ", "));
  return task;
}

CheckerJob job_of(const CheckerRequest& request, const std::vector<Checker>& known) {
  CheckerJob job;
  for (const Checker& checker : known) {
    if (std::find(request.checkers.begin(), request.checkers.end(), checker.name) !=
        request.checkers.end()) {
      job.checkers.push_back(checker);
    }
  }
  job.paths = request.files;
  job.task_type = request.task_type;
  job.source = request.task.to_string();
  return job;
}

}  // namespace

Review make_review(Change change, const Tables& tables, const RunRequest& request) {
  Review::Settings settings;
  settings.local = request.local;
  settings.direct = !request.local && request.mode == "direct";
  settings.effort = request.effort;
  settings.batch = request.batch;
  settings.max_tasks = request.max_tasks;
  const std::vector<Checker>* checkers = &tables.checkers;
  settings.covering = [checkers](std::string_view type, const std::vector<std::string>& files) {
    return names_of(covering(*checkers, type, languages_of(files)));
  };
  std::vector<ReviewTask> local;
  if (request.local) {
    for (const LocalTask& task : plan_local_tasks(*checkers, change))
      local.push_back(local_task(task));
  }
  settings.local_tasks = [local = std::move(local)] { return local; };
  return Review(std::move(change), tables.types, tables.words, std::move(settings));
}

RunCheckers review_checkers(Loop& loop, const Review& review, const Tables& tables,
                            const RunRequest& request) {
  const std::shared_ptr<CheckerRunner> runner = make_checker_runner(loop, {default_tool_folders()});
  return [runner, &review, known = &tables.checkers, local = request.local](
             const CheckerRequest& wanted, std::function<void(Result<CheckersResult>)> done) {
    runner->run(job_of(wanted, *known), review.change(),
                [local, done = std::move(done)](const CheckerReport& report) {
                  // Where there is no model to do the rest, what could be done counts.
                  const bool covered = local ? report.any_ran() : report.complete();
                  done(CheckersResult{write_findings(report.findings),
                                      report.complete() ? std::string() : report.note(), covered});
                });
  };
}

}  // namespace baton
