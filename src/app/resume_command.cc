#include <fmt/format.h>

#include "app/cap_options.h"
#include "app/commands.h"
#include "app/review_input.h"
#include "app/run_end.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/take_up.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

// What the run was asked with, and what is asked now in its place.
Result<RunRequest> renewed_request(const std::filesystem::path& state, const RunOptions& options) {
  const auto journal =
      open_sqlite_journal(state, [](const std::function<void()>& work) { work(); });
  if (!journal) return journal.error();
  const Result<std::vector<Event>> events = (*journal)->events(options.run);
  if (!events) return events.error();
  Result<RunRequest> request = request_of(**journal, options.run, *events);
  if (!request) return request;
  if (!options.format.empty()) request->format = options.format;
  if (!options.output.empty()) request->output = options.output;
  if (!options.prices.empty()) request->prices = options.prices;
  return request;
}

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

}  // namespace

RunState TakenUp::as_restored() const {
  RunState state = run;
  for (const Event& fact : asked) evolve(state, fact);
  return state;
}

bool TakenUp::is_over() const {
  return baton::is_over(run.status) && as_restored().ended == static_cast<int>(run.tasks.size());
}

Result<TakenUp> take_up(Session& session, const RunOptions& options) {
  TakenUp taken;
  Result<std::unique_ptr<RunLease>> lease = session.journal().lease(options.run);
  if (!lease) return lease.error();
  taken.lease = std::move(*lease);
  const Result<std::vector<Event>> events = session.journal().events(options.run);
  if (!events) return events.error();
  Result<RunState> run = replay(*events);
  if (!run) return run.error();
  taken.run = std::move(*run);
  session.costs().add(*events);
  Result<std::string> input = session.journal().blob(taken.run.created.input);
  if (!input) return input.error();
  taken.input = std::move(*input);
  const Result<std::optional<BudgetRaised>> raised = raised_budget(taken.run, options.budget);
  if (!raised) return raised.error();
  if (*raised) taken.asked.push_back(**raised);
  if (options.retry) taken.asked.push_back(RetryAsked{system_now()});
  return taken;
}

Result<Endpoint> endpoint_for(const RunRequest& request, const Catalog& catalog) {
  Result<Endpoint> where = endpoint();
  if (!where || request.local) return where;
  if (Status priced = check_prices(request, catalog); !priced) return priced.error();
  if (!where->credentials.empty()) return where;
  return usage_error(
      "this run needs a model: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, then try again");
}

ExitCode resume_command(const RunOptions& options) {
  if (Status writable = check_output(options.output); !writable) return say(writable.error());
  const Result<std::filesystem::path> state = state_folder(options.state);
  if (!state) return say(state.error());
  const Result<RunRequest> request = renewed_request(*state, options);
  if (!request) return say(request.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  Result<std::unique_ptr<Session>> session = Session::open(*state, *tables);
  if (!session) return say(session.error());
  Result<TakenUp> taken = take_up(**session, options);
  if (!taken) return say(taken.error());
  if (taken->is_over()) {
    say(fmt::format("run {} has already ended ({}); this is its report", options.run,
                    to_string(taken->run.status)));
  }
  if (taken->run.created.workflow != "review")
    return resume_agents(**session, *state, *tables, *request, std::move(*taken));
  return resume_review(**session, *tables, *request, std::move(*taken));
}

}  // namespace baton
