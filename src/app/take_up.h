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
  std::vector<Event> events;        // its journal
  std::vector<Event> asked;         // what the user asks for beside: more money, another try
  std::string input;                // what it works on

  // The state once `asked` is noted: what is to be done again has not ended there.
  RunState as_restored() const;
  // Whether nothing is left to do but to tell what came of it.
  bool is_over() const;
};

Result<TakenUp> take_up(Journal& journal, std::unique_ptr<RunLease> lease, const RunId& run);
// As a command does it. kUsage if --budget is no more than was spent; kBusy while another process
// drives it.
Result<TakenUp> take_up(Journal& journal, const RunOptions& options);

// Where the run's calls go. kUsage without a key, or if a model it needs has no price. A local run
// calls nobody.
Result<Endpoint> endpoint_for(const RunRequest& request, const Catalog& catalog);

// The same of an endpoint that is there already.
Status check_endpoint(const Endpoint& where, const RunRequest& request, const Catalog& catalog);

// Its report, and the exit code that goes with it, where it stands now; what nobody needs any more
// is removed. Nothing is driven.
ExitCode tell_of(Session& session, const StorePlace& place, const Tables& tables,
                 const RunRequest& request, TakenUp taken);

// What the run was asked with, and what is asked now in its place.
Result<RunRequest> renewed_request(Journal& journal, const RunOptions& options);

}  // namespace baton
