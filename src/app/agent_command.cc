// `baton feature` and `baton run`.
#include <fmt/format.h>

#include "app/agent_work.h"
#include "app/commands.h"
#include "app/queue_commands.h"
#include "app/run_end.h"
#include "app/say.h"
#include "app/spend_options.h"
#include "app/take_up.h"
#include "base/text.h"
#include "intake/git.h"

namespace baton {
namespace {

// What is about to happen, in a line.
std::string beginning(const AgentInput& input, const RunRequest& request) {
  return fmt::format(
      "building upon {}, {} workers to choose from, at most {}; the result will be "
      "the branch {}",
      input.base.substr(0, 12), input.workers.size(),
      request.budget ? request.budget->to_display() : "what it takes", input.branch);
}

// A worker has nobody to ask: a run that waits for approval of a gate is parked, and resumed on a
// terminal. Each command is another matter.
Status check_asking(const AgentOptions& options) {
  if (!options.submit) return check_approver(options.approve);
  if (!asks_for(options.approve, "shell")) return {};
  return usage_error(
      "--approve shell asks before each command, and a worker has nobody to ask; nothing was "
      "queued");
}

}  // namespace

ExitCode agent_command(const AgentOptions& options) {
  Result<RunRequest> request = read_spend_options(options);
  if (!request) return say(request.error());
  if (Status writable = check_output(request->output); !writable) return say(writable.error());
  if (Status sound = check_key(options.key); !sound) return say(sound.error());
  if (Status asked = check_asking(options); !asked) return say(asked.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  const Result<Endpoint> where =
      options.submit ? endpoint() : endpoint_for(*request, tables->catalog);
  if (!where) return say(where.error());
  if (Status priced = check_prices(*request, tables->catalog); !priced) return say(priced.error());
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  const Result<SessionToBegin> opened = session_to_begin(*place, *tables, options);
  if (!opened) return say(opened.error());
  if (opened->known) return follow(options, *opened->known);
  Session& session = *opened->session;
  Result<std::unique_ptr<Memory>> memory = Memory::open(place->state);
  if (!memory) return say(memory.error());
  std::optional<Sandbox> sandbox = open_sandbox();
  const RunId id = new_run_id();
  Result<AgentInput> input =
      read_agent_options(options, id, *request, place->state, sandbox.has_value(), **memory);
  if (!input) return say(input.error());
  request->folder = repository_root(options.repo)->string();
  say(beginning(*input, *request));
  RunStart start{.run = id,
                 .workflow = options.workflow,
                 .title = shorten(input->request.substr(0, input->request.find('\n')), 100),
                 .input = write_agent_input(*input),
                 .expected = {.mode = "orchestrate", .reason = {}, .forecast = {}},
                 .gates = options.approve,
                 .key = options.key};
  const Result<std::unique_ptr<RunWork>> work = agent_work(
      {session.loop(), session.status_line(), session.journal(), *tables, *request, place->state},
      id, std::move(*input), std::move(sandbox), std::move(*memory),
      asks_for(options.approve, "shell"));
  if (!work) return say(work.error());
  if (options.submit) {
    const Result<std::string> here = place_of_state(place->state);
    if (!here) return say(here.error());
    return submit(session, std::move(start), **work, *request, {*here}, options);
  }
  const Result<RunState> ended =
      session.begin(std::move(start), (*work)->parts(), *where, *request);
  return tell_begun(session, ended, **work, *request, options);
}

}  // namespace baton
