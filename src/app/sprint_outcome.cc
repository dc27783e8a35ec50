#include "app/sprint_outcome.h"

#include <boost/json.hpp>

#include "app/files.h"
#include "app/run_lookup.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "core/run_state.h"

namespace baton {
namespace {

constexpr std::size_t kLongestNote = 500;

SprintJobState state_of(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return SprintJobState::kInterrupted;
    case RunStatus::kPaused:
      return SprintJobState::kPaused;
    case RunStatus::kComplete:
      return SprintJobState::kComplete;
    case RunStatus::kPartial:
      return SprintJobState::kPartial;
    case RunStatus::kBudgetExhausted:
      return SprintJobState::kBudgetExhausted;
    case RunStatus::kFailed:
      return SprintJobState::kFailed;
  }
  return SprintJobState::kInterrupted;
}

}  // namespace

Result<RunId> run_reporting_to(Journal& journal, const std::string& output, Instant since) {
  const Result<std::vector<RunSummary>> runs = journal.runs();
  if (!runs) return runs.error();
  for (const RunSummary& run : *runs) {
    if (run.created < since) continue;
    const Result<std::vector<Event>> events = journal.events(run.run);
    if (!events) continue;  // a damaged run of somebody else
    const Result<RunRequest> request = request_of(journal, run.run, *events);
    if (request && request->output == output) return run.run;
  }
  return RunId();
}

Result<JobOutcome> outcome_of(Journal& journal, const RunId& id) {
  const Result<std::vector<Event>> events = journal.events(id);
  if (!events) return events.error();
  const Result<RunState> run = replay(*events);
  if (!run) return run.error();
  JobOutcome outcome;
  outcome.state = state_of(run->status);
  outcome.note = outcome.state == SprintJobState::kInterrupted ? "its process died" : run->reason;
  outcome.refused = run->status == RunStatus::kPaused && run->halt.has_value();
  outcome.until = at_of(events->back());
  outcome.cost = cost_of(*events, Catalog::builtin(), "");
  outcome.tasks = static_cast<int>(run->tasks.size());
  outcome.tasks_done = run->ended - run->skipped;
  return outcome;
}

void read_job_report(SprintJobLine& line, const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) return;
  const Result<boost::json::object> report = parse_object(*text, "the report");
  if (!report) return;
  if (const auto reviewed = integer_at(*report, "files_reviewed"))
    line.files = static_cast<int>(*reviewed);
  if (const boost::json::array* changed = array_at(*report, "changed"))
    line.files = static_cast<int>(changed->size());
  if (!text_at(*report, "commit").empty()) line.branch = text_at(*report, "branch");
}

std::string last_words(const std::filesystem::path& log) {
  const Result<std::string> text = read_file(log);
  if (!text) return {};
  const std::vector<std::string_view> lines = split_lines(*text);
  if (lines.empty()) return {};
  std::string_view last = lines.back();
  if (last.starts_with("baton: ")) last.remove_prefix(7);
  return shorten(last, kLongestNote);
}

}  // namespace baton
