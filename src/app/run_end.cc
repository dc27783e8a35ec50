#include "app/run_end.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/forecast_forms.h"
#include "app/run_work.h"
#include "app/say.h"

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
      const std::string why = run.status == RunStatus::kRunning
                                  ? std::string("no process drives it any more")
                                  : run.reason;
      return fmt::format("paused: {}; {}`baton resume {}` goes on where it stopped", why, first,
                         id);
    }
    case RunStatus::kBudgetExhausted:
      return fmt::format(
          "the budget was not enough: {}; `baton resume {} --budget DOLLARS` does what is missing",
          run.reason, id);
    case RunStatus::kFailed:
      return fmt::format("the {} failed: {}; once that is mended, `baton resume {} --retry`",
                         run.created.workflow, run.reason, id);
    case RunStatus::kPartial:
      return fmt::format("the {} is partial: {}; `baton resume {} --retry` tries that again",
                         run.created.workflow, run.reason, id);
    case RunStatus::kComplete:
      return {};
  }
  return {};
}

void say_score(const RunState& run) {
  PastRun past;
  past.status = run.status;
  past.forecast = run.created.forecast;
  past.charged = run.budget.charged();
  if (const auto score = score_of(past)) say(score_text(*score));
}

}  // namespace

// Found out before anything is spent, and not when the report is due.
Status check_output(const std::string& output) {
  if (output.empty()) return {};
  std::error_code ignored;
  if (std::filesystem::is_directory(output, ignored))
    return usage_error(fmt::format("--output {}: it is a folder, expected a file", output));
  const std::filesystem::path folder = std::filesystem::absolute(output).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return usage_error(fmt::format("--output {}: {} cannot be written to: {}", output,
                                 folder.string(), std::strerror(errno)));
}

ExitCode tell_run(Session& session, const RunId& id, const Result<RunState>& run, RunWork& work,
                  const RunRequest& request) {
  if (!run) return tell_failure(session, id, run.error());
  const Result<RunTold> told = work.told(*run, session.costs());
  if (!told) return tell_failure(session, id, told.error());
  ExitCode code = tell_end(*run, request, told->report, told->code);
  work.tidy(*run);
  // Nobody asked for this pause: the machine did.
  if (run->status == RunStatus::kPaused && session.journal().is_short_of_room()) {
    say("less than 32 MiB are free on the disk of the state folder: free some, then go on");
    code = ExitCode::kSystem;
  }
  return code;
}

ExitCode tell_failure(Session& session, const RunId& id, const Error& error) {
  const ExitCode code = say(error);
  if (!id.empty() && session.journal().events(id).ok())
    say(fmt::format("what was journaled is kept: `baton resume {}` goes on", id));
  return code;
}

ExitCode tell_end(const RunState& run, const RunRequest& request, const std::string& report,
                  ExitCode code) {
  const RunId& id = run.created.run;
  if (Status delivered = deliver(report, request.output); !delivered) {
    const ExitCode failed = say(delivered.error());
    say(fmt::format("the report is not lost: `baton resume {} --output FILE` writes it again", id));
    return failed;
  }
  if (!request.output.empty()) say(fmt::format("the report is in {}", request.output));
  say_score(run);
  if (const std::string advice = what_to_do(run, id); !advice.empty()) say(advice);
  return code;
}

}  // namespace baton
