#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/cap_options.h"
#include "app/commands.h"
#include "app/forecast_forms.h"
#include "app/review_input.h"
#include "app/review_result.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/session.h"
#include "shell/restore.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

// What the user can do about a run that did not get to its end.
std::string what_to_do(const RunState& run, const RunId& id) {
  switch (run.status) {
    case RunStatus::kRunning:
    case RunStatus::kPaused: {
      std::string_view first;
      if (run.halt && run.halt->kind == FailureKind::kDenied)
        first = "set a key that is accepted (ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN), then ";
      if (run.halt && run.halt->kind == FailureKind::kSpendLimit)
        first = "raise the limit at the provider or wait until it is reset, then ";
      if (run.halt && run.halt->kind == FailureKind::kUnreachable)
        first = "once the provider can be reached (ANTHROPIC_BASE_URL, the network, a proxy), ";
      return fmt::format("paused: {}; {}`baton resume {}` goes on where it stopped", run.reason,
                         first, id);
    }
    case RunStatus::kBudgetExhausted:
      return fmt::format(
          "the budget was not enough: {}; `baton resume {} --budget DOLLARS` does "
          "what is missing",
          run.reason, id);
    case RunStatus::kFailed:
      return fmt::format("the review failed: {}; once that is mended, review again", run.reason);
    case RunStatus::kPartial:
      return fmt::format("the review is partial: {}", run.reason);
    case RunStatus::kComplete:
      return {};
  }
  return {};
}

// Found out before anything is spent, and not when the report is due.
Status check_output(const std::string& output) {
  if (output.empty()) return {};
  const std::filesystem::path folder = std::filesystem::absolute(output).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return usage_error(fmt::format("--output {}: {} cannot be written to: {}", output,
                                 folder.string(), std::strerror(errno)));
}

void say_score(const RunState& run) {
  PastRun past;
  past.status = run.status;
  past.forecast = run.created.forecast;
  past.charged = run.budget.charged();
  if (const auto score = score_of(past)) say(score_text(*score));
}

ExitCode finish(Session& session, const RunId& id, const Result<RunState>& run,
                const Review& review, const RunRequest& request, const Tables& tables) {
  if (!run) {
    const ExitCode code = say(run.error());
    if (!id.empty() && session.journal().events(id).ok()) {
      say(fmt::format("what was journaled is kept: `baton resume {}` goes on", id));
    }
    return code;
  }
  const ReviewReport report = report_of(*run, review, session.costs(), request, tables);
  const ExitCode code = exit_code_of(*run, report, request);
  if (Status delivered = deliver(rendered(report, request.format, output_style()), request.output);
      !delivered) {
    const ExitCode failed = say(delivered.error());
    say(fmt::format("the report is not lost: `baton resume {} --output FILE` writes it again", id));
    return failed;
  }
  if (!request.output.empty()) say(fmt::format("the report is in {}", request.output));
  say_score(*run);
  if (const std::string advice = what_to_do(*run, id); !advice.empty()) say(advice);
  return code;
}

bool is_over(RunStatus status) {
  return status != RunStatus::kRunning && status != RunStatus::kPaused;
}

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
  return std::optional(BudgetRaised{Loop::now(), *budget});
}

ExitCode go_on(Session& session, const RunRequest& request, const Tables& tables, const RunId& id,
               const std::string& budget) {
  const Result<std::unique_ptr<RunLease>> lease = session.journal().lease(id);
  if (!lease) return say(lease.error());
  const Result<std::vector<Event>> events = session.journal().events(id);
  if (!events) return say(events.error());
  Result<RunState> run = replay(*events);
  if (!run) return say(run.error());
  session.costs().add(*events);
  const Result<std::string> input = session.journal().blob(run->created.input);
  if (!input) return say(input.error());
  Result<Change> change = read_change(*input);
  if (!change) return say(change.error());
  Review review = make_review(std::move(*change), tables, request);
  const Result<std::optional<BudgetRaised>> raised = raised_budget(*run, budget);
  if (!raised) return say(raised.error());
  RunState to_restore = *run;
  if (*raised) evolve(to_restore, **raised);
  const bool reopened = to_restore.ended < run->ended;
  if (Status told = restore(review, to_restore, session.journal()); !told) return say(told.error());
  const Result<Endpoint> where = endpoint();
  if (!where) return say(where.error());
  if (is_over(run->status) && !reopened) {
    say(fmt::format("run {} has already ended ({}); this is its report", id,
                    to_string(run->status)));
    return finish(session, id, run, review, request, tables);
  }
  if (!request.local) {
    if (Status priced = check_prices(request, tables.catalog); !priced) return say(priced.error());
  }
  if (!request.local && where->credentials.empty()) {
    return say(
        usage_error("this run needs a model: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN and "
                    "resume it again"));
  }
  return finish(session, id, session.resume(review, *where, request, std::move(*run), *raised),
                review, request, tables);
}

// Which way the review goes; `request` then says so, and a resumed run goes on by it.
Expectation expect(const Change& change, const Tables& tables, RunRequest& request,
                   Journal& journal) {
  if (request.local) return {.mode = "local", .reason = {}, .forecast = {}};
  const Outlook outlook =
      outlook_of(change, tables, request, project_history(journal, request.project));
  request.mode = outlook.choice.way == Way::kDirect ? "direct" : "orchestrate";
  request.effort = outlook.choice.effort;
  const Prospect& prospect = outlook.chosen();
  std::string line = fmt::format("{}; {}", outlook.choice.reason, interval_text(prospect.forecast));
  if (!prospect.caps.empty()) {
    const CapMet& cap = prospect.caps.front();
    line += fmt::format("; {} {} {} bind: {} are expected", cap.cap, cap.allows,
                        cap.likely ? "will most likely" : "may", cap.expected);
  }
  say(line);
  return {.mode = request.mode, .reason = outlook.choice.reason, .forecast = prospect.forecast};
}

// A run whose forecast's high end (P90) is above what the user named begins only if they say so.
Status confirm(const ReviewOptions& options, const Expectation& expected) {
  if (options.confirm_above.empty()) return {};
  const Result<Money> above = dollars_of("--confirm-above", options.confirm_above);
  if (!above) return above.error();
  if (options.yes || !expected.forecast || expected.forecast->high <= *above) return {};
  const std::string what = fmt::format(
      "the forecast's high end, {} (one run in ten costs more), is above the {} of "
      "--confirm-above",
      expected.forecast->high.to_display(), above->to_display());
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
    return usage_error(fmt::format(
        "{}, and there is no terminal to ask on; nothing was spent: give --yes, or a higher amount",
        what));
  }
  fmt::print(stderr, "baton: {}. Go on? [y/N] ", what);
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    if (answer.size() < 8) answer += static_cast<char>(c);
  }
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return usage_error("not confirmed; nothing was spent");
}

}  // namespace

ExitCode review_command(const ReviewOptions& options) {
  Result<RunRequest> request = read_options(options);
  if (!request) return say(request.error());
  if (Status writable = check_output(request->output); !writable) return say(writable.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  const Result<Endpoint> where = endpoint();
  if (!where) return say(where.error());
  request->local = options.local || where->credentials.empty();
  const bool chosen = !options.fast.empty() || !options.balanced.empty() || !options.deep.empty();
  if (!request->local || chosen) {
    if (Status priced = check_prices(*request, tables->catalog); !priced)
      return say(priced.error());
  }
  const Result<std::filesystem::path> state = state_folder(options.state);
  if (!state) return say(state.error());
  Result<Change> change = read_input(options);
  if (!change) return say(change.error());
  if (change->files.empty() && change->skipped.empty()) {
    say(fmt::format("{}: there is nothing to review", change->title));
  } else {
    say(fmt::format("reviewing {}", what_is_reviewed(*change)));
  }
  Result<std::unique_ptr<Session>> session = Session::open(*state, *tables);
  if (!session) return say(session.error());
  // A change without a file needs no plan: the report says so at no cost.
  if (change->files.empty()) request->local = true;
  if (request->local) request->budget.reset();  // nothing is spent
  const Expectation expected = expect(*change, *tables, *request, (*session)->journal());
  if (Status confirmed = confirm(options, expected); !confirmed) return say(confirmed.error());
  Review review = make_review(std::move(*change), *tables, *request);
  const Result<RunState> run = (*session)->begin(review, *where, *request, expected);
  return finish(**session, (*session)->run(), run, review, *request, *tables);
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
  return go_on(**session, *request, *tables, options.run, options.budget);
}

}  // namespace baton
