#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "app/cap_options.h"
#include "app/commands.h"
#include "app/forecast_forms.h"
#include "app/outlook.h"
#include "app/queue_commands.h"
#include "app/review_input.h"
#include "app/run_end.h"
#include "app/run_work.h"
#include "app/say.h"
#include "app/session.h"
#include "app/spend_options.h"

namespace baton {
namespace {

// Files of this machine are only known to its own workers.
Result<QueueTerms> terms_of(const RunRequest& request, const StorePlace& place) {
  if (request.prices.empty() && request.task_types.empty()) return QueueTerms();
  Result<std::string> here = place_of_state(place.state);
  if (!here) return here.error();
  return QueueTerms{std::move(*here)};
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
  if (Status sound = check_key(options.key); !sound) return say(sound.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  const Result<Endpoint> where = endpoint();
  if (!where) return say(where.error());
  // A worker has a key of its own.
  request->local = options.local || (where->credentials.empty() && !options.submit);
  const bool chosen = !options.fast.empty() || !options.balanced.empty() || !options.deep.empty();
  if (!request->local || chosen) {
    if (Status priced = check_prices(*request, tables->catalog); !priced)
      return say(priced.error());
  }
  // Before the journal: what cannot be reviewed leaves nothing behind.
  Result<Change> change = read_input(options);
  if (!change) return say(change.error());
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  const Result<SessionToBegin> opened = session_to_begin(*place, *tables, options);
  if (!opened) return say(opened.error());
  if (opened->known) return follow(options, *opened->known);
  Session& session = *opened->session;
  if (change->files.empty() && change->skipped.empty()) {
    say(fmt::format("{}: there is nothing to review", change->title));
  } else {
    say(fmt::format("reviewing {}", what_is_reviewed(*change)));
  }
  // A change without a file needs no plan: the report says so at no cost.
  if (change->files.empty()) request->local = true;
  if (request->local) request->budget.reset();  // nothing is spent
  const Expectation expected = expect(*change, *tables, *request, session.journal());
  if (Status confirmed = confirm(options, expected); !confirmed) return say(confirmed.error());
  RunStart start{.workflow = "review",
                 .title = change->title,
                 .input = write_change(*change),
                 .expected = expected,
                 .key = options.key};
  const std::unique_ptr<RunWork> work = review_work(
      {session.loop(), session.status_line(), session.journal(), *tables, *request, place->state},
      std::move(*change));
  if (options.submit) {
    const Result<QueueTerms> terms = terms_of(*request, *place);
    if (!terms) return say(terms.error());
    return submit(session, std::move(start), *work, *request, *terms, options);
  }
  const Result<RunState> run = session.begin(std::move(start), work->parts(), *where, *request);
  return tell_begun(session, run, *work, *request, options);
}

}  // namespace baton
