// Drive: one run as it is driven on a loop that others may share, to its end, its pause, or the
// journal's failure.
#pragma once

#include <functional>
#include <memory>

#include "app/settings.h"
#include "core/pacer.h"
#include "core/run_state.h"
#include "provider/credentials.h"
#include "shell/driver.h"
#include "shell/loop.h"
#include "store/journal.h"
#include "workflow/workflow.h"

namespace baton {

// What all runs of a process work with; it outlives them.
struct DriveSite {
  Loop& loop;
  Journal& journal;
  HttpClient& http;
  Pacer& pacer;  // they share the provider's limits
};

// What is done in a run, and by whom. Everything outlives the run.
struct RunParts {
  Workflow& workflow;
  RunCheckers programs;
  RunTools tools{};
  AskApproval ask_approval{};
};

// Whoever is told of it.
struct DriveListeners {
  std::function<void(const RunState&, const std::vector<Event>&)> on_change;
  // Once, from the loop: the drive may be let go of.
  std::function<void(Result<RunState>)> on_end;
};

class Drive {
 public:
  // `catalog` outlives it.
  Drive(const DriveSite& site, const RunParts& parts, Endpoint endpoint, const Catalog& catalog,
        const RunRequest& request, DriveListeners listeners);
  ~Drive();
  Drive(const Drive&) = delete;
  Drive& operator=(const Drive&) = delete;

  // One of them, once, on the loop's thread or before it runs.
  void begin(RunCreated created, std::vector<Blob> texts);
  void resume(RunState state, std::vector<Event> asked);

  // As Driver's.
  void stop(std::string why = {});
  void cut();
  const RunState& state() const { return driver_.state(); }

 private:
  void end(const Status& status);

  DriveSite site_;
  Endpoint endpoint_;
  Rules rules_;
  DriveListeners listeners_;
  Driver driver_;
  std::shared_ptr<bool> alive_;  // work that is still posted finds it false
};

}  // namespace baton
