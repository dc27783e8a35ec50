// RunWork: what a run's workflow needs to be driven, and to be told of in the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/drive.h"
#include "app/exit_code.h"
#include "app/settings.h"
#include "app/take_up.h"
#include "core/run_state.h"
#include "report/cost_report.h"
#include "report/status_line.h"
#include "store/journal.h"

namespace baton {

// What the work is done with; all of it outlives the work.
struct WorkSite {
  Loop& loop;
  StatusLine& line;
  Journal& journal;
  const Tables& tables;
  const RunRequest& request;
  std::filesystem::path state;
  bool attended = true;  // whether a person may be asked
  bool drives = true;    // or is only told of
};

// What the user is told of a run.
struct RunTold {
  std::string report;  // in the form that was asked for
  ExitCode code = ExitCode::kDone;
};

class RunWork {
 public:
  virtual ~RunWork() = default;

  virtual Workflow& workflow() = 0;
  virtual RunParts parts() = 0;
  virtual Result<RunTold> told(const RunState& run, const CostFold& costs) = 0;
  // Removes what a run that has ended so needs no more.
  virtual void tidy(const RunState&) {}
};

// Of a run from its journal: the workflow has been told of its tasks. Any thread.
Result<std::unique_ptr<RunWork>> work_of(const WorkSite& site, const TakenUp& taken);

// By workflow.
std::unique_ptr<RunWork> review_work(const WorkSite& site, Change change);
Result<std::unique_ptr<RunWork>> review_work_of(const WorkSite& site, const TakenUp& taken);
Result<std::unique_ptr<RunWork>> agent_work_of(const WorkSite& site, const TakenUp& taken);

}  // namespace baton
