// Session: one review driven by this process to its end or its pause, with everything it works
// with.
#pragma once

#include <memory>
#include <vector>

#include "app/settings.h"
#include "core/pacer.h"
#include "core/run_state.h"
#include "provider/credentials.h"
#include "report/cost_report.h"
#include "shell/loop.h"
#include "store/journal.h"
#include "workflow/review.h"

namespace baton {

// What a run is begun with beside its request: which way it goes and why, and what it is expected
// to take.
struct Expectation {
  std::string mode;  // "orchestrate", "direct" or "local"
  std::string reason;
  std::optional<Forecast> forecast;
};

class Session {
 public:
  // Opens the journal in `state`. The tables, and the endpoint where the request is not local,
  // outlive the session.
  static Result<std::unique_ptr<Session>> open(const std::filesystem::path& state,
                                               const Tables& tables);
  ~Session();

  // A new run of `change`. The state it ended in, or why it could not go on; its journal tells the
  // rest.
  Result<RunState> begin(Review& review, const Endpoint& endpoint, const RunRequest& request,
                         const Expectation& expected);
  // A run that this process's predecessor left.
  Result<RunState> resume(Review& review, const Endpoint& endpoint, const RunRequest& request,
                          RunState state, std::vector<Event> asked);

  Journal& journal() { return *journal_; }
  // What the run driven here cost; of a run taken over, with what its earlier events are added by
  // the caller.
  CostFold& costs() { return costs_; }
  // The run begun here; empty before.
  const RunId& run() const { return run_; }

 private:
  explicit Session(const Tables& tables) : tables_(tables) {}
  class Drive;

  const Tables& tables_;
  Loop loop_;
  std::unique_ptr<Journal> journal_;
  Pacer pacer_;  // of all runs of this process: they share the provider's limits
  CostFold costs_;
  RunId run_;
};

// A review as its request says, with the checkers that are known.
Review make_review(Change change, const Tables& tables, const RunRequest& request);

}  // namespace baton
