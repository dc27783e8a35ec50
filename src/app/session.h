// Session: runs driven by this process to their end or their pause, with everything they work with:
// journal, loop, HTTP, progress, signals.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/drive.h"
#include "app/settings.h"
#include "app/store.h"
#include "core/pacer.h"
#include "core/run_state.h"
#include "provider/credentials.h"
#include "report/cost_report.h"
#include "shell/driver.h"
#include "shell/loop.h"
#include "store/fleet.h"
#include "store/journal.h"
#include "workflow/workflow.h"

namespace baton {

// What a run is begun with beside its request: which way it goes and why, and what it is expected
// to take.
struct Expectation {
  std::string mode;  // "orchestrate", "direct" or "local"
  std::string reason;
  std::optional<Forecast> forecast;
};

// The beginning of a new run.
struct RunStart {
  RunId run = {};        // empty: a new one
  std::string workflow;  // "review"
  std::string title;
  std::string input;  // what it works on (JSON, the workflow's own)
  Expectation expected;
  std::vector<std::string> gates{};
  std::string key{};  // the submitter's
};

class StatusLine;

class Session {
 public:
  // Opens the store. The tables outlive the session.
  static Result<std::unique_ptr<Session>> open(const StorePlace& place, const Tables& tables);
  ~Session();

  // A new run. The state it ended in, or why it could not go on; its journal tells the rest. kBusy
  // if its key is another run's.
  Result<RunState> begin(RunStart start, const RunParts& parts, const Endpoint& endpoint,
                         const RunRequest& request);
  // The same run, queued for a worker instead. Requires: the store is a fleet's.
  Status submit(RunStart start, Workflow& workflow, const RunRequest& request, QueueTerms terms);
  // A run that this process's predecessor left.
  Result<RunState> resume(const RunParts& parts, const Endpoint& endpoint,
                          const RunRequest& request, RunState state, std::vector<Event> asked);

  Loop& loop() { return loop_; }
  Journal& journal() { return *journal_; }
  // Where progress is shown while a run goes on: whoever else writes there asks it to make room.
  StatusLine& status_line() { return *line_; }
  // What the run driven here cost; of a run taken over, with what its earlier events are added by
  // the caller.
  CostFold& costs() { return costs_; }
  // The run begun here; empty before.
  const RunId& run() const { return run_; }

 private:
  explicit Session(const Tables& tables);

  Result<RunState> drive(const RunParts& parts, const Endpoint& endpoint, const RunRequest& request,
                         const std::function<void(Drive&)>& start);
  void interrupt(Drive& drive);
  void keep_time(const Drive& drive);
  // What it begins with; `texts` are those that it names.
  RunCreated created(RunStart start, const RunRequest& request, std::vector<Blob>& texts);

  const Tables& tables_;
  Loop loop_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<StatusLine> line_;
  int interrupts_ = 0;
  Pacer pacer_;
  CostFold costs_;
  RunId run_;
  std::unique_ptr<RunLease> lease_;  // of the run begun here, for as long as anything works for it
};

// Drawn by the system.
std::uint64_t random_number();
// "r-" and twelve letters and digits, drawn by the system.
RunId new_run_id();

}  // namespace baton
