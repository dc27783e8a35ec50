#include <fmt/format.h>

#include "app/agent_work.h"
#include "app/cap_options.h"
#include "app/commands.h"
#include "app/queue_commands.h"
#include "app/run_end.h"
#include "app/run_lookup.h"
#include "app/run_work.h"
#include "app/say.h"
#include "app/spend_options.h"
#include "app/take_up.h"

namespace baton {
namespace {

// The new cap that a run is taken up again with, if one is given.
Result<std::optional<BudgetRaised>> raised_budget(const RunState& run, const std::string& given) {
  if (given.empty()) return std::optional<BudgetRaised>();
  const Result<Money> budget = dollars_of("--budget", given);
  if (!budget) return budget.error();
  if (*budget <= run.budget.charged()) {
    return usage_error(fmt::format("--budget {}: the run has already spent {}", given,
                                   run.budget.charged().to_display()));
  }
  return std::optional(BudgetRaised{system_now(), *budget});
}

// Of a command that looks before it opens a session.
Result<RunRequest> request_in(const StorePlace& place, const RunOptions& options) {
  const auto journal = open_store(place, at_once);
  if (!journal) return journal.error();
  return renewed_request(**journal, options);
}

ExitCode drive_on(Session& session, const StorePlace& place, const Tables& tables,
                  const RunRequest& request, TakenUp taken) {
  const RunId id = taken.run.created.run;
  if (Status asked = check_approver(taken.run.created.gates); !asked) return say(asked.error());
  session.costs().add(taken.events);
  Result<std::unique_ptr<RunWork>> work = work_of(
      {session.loop(), session.status_line(), session.journal(), tables, request, place.state},
      taken);
  if (!work) return say(work.error());
  const Result<Endpoint> where = endpoint_for(request, tables.catalog);
  if (!where) return say(where.error());
  return tell_run(session, id,
                  session.resume((*work)->parts(), *where, request, std::move(taken.run),
                                 std::move(taken.asked)),
                  **work, request);
}

}  // namespace

RunState TakenUp::as_restored() const {
  RunState state = run;
  for (const Event& fact : asked) evolve(state, fact);
  return state;
}

bool TakenUp::is_over() const {
  return baton::is_over(run.status) && as_restored().ended == static_cast<int>(run.tasks.size());
}

Result<TakenUp> take_up(Journal& journal, std::unique_ptr<RunLease> lease, const RunId& run) {
  TakenUp taken;
  taken.lease = std::move(lease);
  Result<std::vector<Event>> events = journal.events(run);
  if (!events) return events.error();
  taken.events = std::move(*events);
  Result<RunState> state = replay(taken.events);
  if (!state) return state.error();
  taken.run = std::move(*state);
  Result<std::string> input = journal.blob(taken.run.created.input);
  if (!input) return input.error();
  taken.input = std::move(*input);
  return taken;
}

Result<TakenUp> take_up(Journal& journal, const RunOptions& options) {
  Result<std::unique_ptr<RunLease>> lease = journal.lease(options.run);
  if (!lease) return lease.error();
  Result<TakenUp> taken = take_up(journal, std::move(*lease), options.run);
  if (!taken) return taken;
  const Result<std::optional<BudgetRaised>> raised = raised_budget(taken->run, options.budget);
  if (!raised) return raised.error();
  if (*raised) taken->asked.push_back(**raised);
  if (options.retry) taken->asked.push_back(RetryAsked{system_now()});
  return taken;
}

Result<Endpoint> endpoint_for(const RunRequest& request, const Catalog& catalog) {
  Result<Endpoint> where = endpoint();
  if (!where) return where;
  if (Status ready = check_endpoint(*where, request, catalog); !ready) return ready.error();
  return where;
}

Status check_endpoint(const Endpoint& where, const RunRequest& request, const Catalog& catalog) {
  if (request.local) return {};
  if (Status priced = check_prices(request, catalog); !priced) return priced;
  if (!where.credentials.empty()) return {};
  return usage_error(
      "this run needs a model: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, then try again");
}

Result<RunRequest> renewed_request(Journal& journal, const RunOptions& options) {
  const Result<std::vector<Event>> events = journal.events(options.run);
  if (!events) return events.error();
  Result<RunRequest> request = request_of(journal, options.run, *events);
  if (!request) return request;
  if (!options.format.empty()) request->format = options.format;
  if (!options.output.empty()) request->output = options.output;
  if (!options.prices.empty()) request->prices = options.prices;
  return request;
}

Result<std::unique_ptr<RunWork>> work_of(const WorkSite& site, const TakenUp& taken) {
  return taken.run.created.workflow == "review" ? review_work_of(site, taken)
                                                : agent_work_of(site, taken);
}

ExitCode tell_of(Session& session, const StorePlace& place, const Tables& tables,
                 const RunRequest& request, TakenUp taken) {
  const RunId id = taken.run.created.run;
  session.costs().add(taken.events);
  Result<std::unique_ptr<RunWork>> work =
      work_of({session.loop(), session.status_line(), session.journal(), tables, request,
               place.state, false, false},
              taken);
  if (!work) return say(work.error());
  return tell_run(session, id, std::move(taken.run), **work, request);
}

ExitCode resume_command(const RunOptions& options) {
  if (Status writable = check_output(options.output); !writable) return say(writable.error());
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  const Result<RunRequest> request = request_in(*place, options);
  if (!request) return say(request.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  Result<std::unique_ptr<Session>> session = Session::open(*place, *tables);
  if (!session) return say(session.error());
  if (options.submit) {
    if (Status shared = check_fleet((*session)->journal(), "--submit"); !shared)
      return say(shared.error());
  }
  Result<TakenUp> taken = take_up((*session)->journal(), options);
  if (!taken) return say(taken.error());
  if (taken->is_over()) {
    say(fmt::format("run {} has already ended ({}); this is its report", options.run,
                    to_string(taken->run.status)));
    return tell_of(**session, *place, *tables, *request, std::move(*taken));
  }
  if (options.submit) return requeue(**session, std::move(*taken));
  return drive_on(**session, *place, *tables, *request, std::move(*taken));
}

}  // namespace baton
