// Taking up a run that another process left, whatever its workflow.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/session.h"
#include "store/run_lease.h"

namespace baton {

struct TakenUp {
  std::unique_ptr<RunLease> lease;  // this process drives it now
  RunState run;                     // as its journal tells it
  std::vector<Event> asked;         // what the user asks for beside: more money, another try
  std::string input;                // what it works on

  // The state once `asked` is noted: what is to be done again has not ended there.
  RunState as_restored() const;
  // Whether nothing is left to do but to tell what came of it.
  bool is_over() const;
};

// kUsage if --budget is no more than was spent; kBusy while another process drives it.
Result<TakenUp> take_up(Session& session, const RunOptions& options);

// Where the run's calls go. kUsage without a key, or if a model it needs has no price. A local run
// calls nobody.
Result<Endpoint> endpoint_for(const RunRequest& request, const Catalog& catalog);

// By workflow.
ExitCode resume_review(Session& session, const Tables& tables, const RunRequest& request,
                       TakenUp taken);
ExitCode resume_agents(Session& session, const std::filesystem::path& state, const Tables& tables,
                       const RunRequest& request, TakenUp taken);

}  // namespace baton
