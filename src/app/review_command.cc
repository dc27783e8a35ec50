#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "app/cap_options.h"
#include "app/commands.h"
#include "app/forecast_forms.h"
#include "app/review_input.h"
#include "app/review_result.h"
#include "app/review_run.h"
#include "app/run_end.h"
#include "app/say.h"
#include "app/session.h"
#include "app/take_up.h"
#include "shell/restore.h"

namespace baton {
namespace {

ExitCode finish(Session& session, const RunId& id, const Result<RunState>& run,
                const Review& review, const RunRequest& request, const Tables& tables) {
  if (!run) return tell_failure(session, id, run.error());
  const ReviewReport report = report_of(*run, review, session.costs(), request, tables);
  return tell_end(*run, request, rendered(report, request.format, output_style()),
                  exit_code_of(*run, report, request));
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
  RunStart start{.workflow = "review",
                 .title = review.change().title,
                 .input = write_change(review.change()),
                 .expected = expected};
  const RunParts parts{review, review_checkers((*session)->loop(), review, *tables, *request)};
  const Result<RunState> run = (*session)->begin(std::move(start), parts, *where, *request);
  return finish(**session, (*session)->run(), run, review, *request, *tables);
}

ExitCode resume_review(Session& session, const Tables& tables, const RunRequest& request,
                       TakenUp taken) {
  Result<Change> change = read_change(taken.input);
  if (!change) return say(change.error());
  Review review = make_review(std::move(*change), tables, request);
  if (Status told = restore(review, taken.as_restored(), session.journal()); !told)
    return say(told.error());
  const RunId id = taken.run.created.run;
  if (taken.is_over()) return finish(session, id, std::move(taken.run), review, request, tables);
  const Result<Endpoint> where = endpoint_for(request, tables.catalog);
  if (!where) return say(where.error());
  const RunParts parts{review, review_checkers(session.loop(), review, tables, request)};
  return finish(
      session, id,
      session.resume(parts, *where, request, std::move(taken.run), std::move(taken.asked)), review,
      request, tables);
}

}  // namespace baton
