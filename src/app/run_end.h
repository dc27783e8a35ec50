// What the user is told when a run has ended, whatever its workflow.
#pragma once

#include <functional>
#include <string>

#include "app/exit_code.h"
#include "app/session.h"

namespace baton {

inline bool is_over(RunStatus status) {
  return status != RunStatus::kRunning && status != RunStatus::kPaused;
}

// kUsage if a report could not be written there: found out before anything is spent.
Status check_output(const std::string& output);

// The report goes out, with what it cost against what was expected, and what can be done about a
// run that did not get to its end. `code` where all that went well.
ExitCode tell_end(const RunState& run, const RunRequest& request, const std::string& report,
                  ExitCode code);

class RunWork;
// What became of a run that was driven here, or is only told of: its report, or why it could not go
// on. What it needs no more is removed.
ExitCode tell_run(Session& session, const RunId& id, const Result<RunState>& run, RunWork& work,
                  const RunRequest& request);

// The run could not go on: `error` says why. What it has journaled is kept.
ExitCode tell_failure(Session& session, const RunId& id, const Error& error);

}  // namespace baton
