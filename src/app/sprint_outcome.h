// What came of a job of a sprint: its run, by the journal and the report its command wrote.
#pragma once

#include <filesystem>
#include <string>

#include "app/sprint_record.h"
#include "report/cost_report.h"
#include "store/journal.h"

namespace baton {

// The run that was asked to report to `output`, which no other run is; begun at `since` or later.
// Empty: there is none.
Result<RunId> run_reporting_to(Journal& journal, const std::string& output, Instant since);

struct JobOutcome {
  SprintJobState state = SprintJobState::kInterrupted;  // as its run has it, with no process at it
  std::string note;
  bool refused = false;  // the provider refuses it, and would refuse others likewise
  Instant until;         // the last event
  CostReport cost;
  int tasks = 0;
  int tasks_done = 0;
};
Result<JobOutcome> outcome_of(Journal& journal, const RunId& run);

// Files and branch, from the report at `file`; as they were if there is none that can be read.
void read_job_report(SprintJobLine& line, const std::filesystem::path& file);

// What its process said last: why there is no run.
std::string last_words(const std::filesystem::path& log);

}  // namespace baton
