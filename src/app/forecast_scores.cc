#include "app/forecast_scores.h"

#include <fmt/format.h>

#include "app/forecast_forms.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "report/ledger.h"

namespace baton {
namespace {

bool asked_for(const RunSummary& run, const CostOptions& options) {
  const std::string day = date_of(run.created);
  return (options.run.empty() || run.run == options.run) &&
         (options.project.empty() || run.project == options.project) &&
         Period{options.since, options.until}.has(day);
}

std::string scope_of(const CostOptions& options) {
  if (!options.run.empty()) return "run " + options.run;
  if (!options.project.empty()) return "project " + options.project;
  return "all runs";
}

}  // namespace

Result<std::string> forecast_scores_text(const CostOptions& options) {
  if (options.format != "text" && options.format != "json") {
    return usage_error(
        fmt::format("--forecast has the forms text and json, not {}", options.format));
  }
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return journal.error();
  const Result<std::vector<RunSummary>> runs = (*journal)->runs();
  if (!runs) return runs.error();
  std::vector<PastRun> past;
  bool found = options.run.empty();
  for (const RunSummary& run : *runs) {
    if (!asked_for(run, options)) continue;
    found = true;
    const Result<std::vector<Event>> events = (*journal)->events(run.run);
    if (!events) {
      say(fmt::format("{} is left out: {}", run.run, events.error().message));
      continue;
    }
    past.push_back(past_run(*events));
  }
  if (!found) return no_such_run(options.run);
  const ForecastScores scores = score_forecasts(past);
  return options.format == "json" ? to_json(scores, scope_of(options))
                                  : to_terminal(scores, scope_of(options), output_style());
}

}  // namespace baton
