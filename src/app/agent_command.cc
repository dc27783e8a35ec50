// `baton feature` and `baton run`.
#include <fmt/format.h>

#include <algorithm>

#include "app/agent_result.h"
#include "app/agent_run.h"
#include "app/commands.h"
#include "app/run_end.h"
#include "app/say.h"
#include "app/spend_options.h"
#include "app/take_up.h"
#include "base/text.h"
#include "intake/git.h"
#include "shell/restore.h"

namespace baton {
namespace {

// Where no command can be run, the workers do without, and the user is told why.
std::optional<Sandbox> open_sandbox() {
  Result<Sandbox> sandbox = Sandbox::open();
  if (sandbox) return std::move(*sandbox);
  say(fmt::format("no command of a worker is run: {} (`baton doctor` says more)",
                  sandbox.error().message));
  return std::nullopt;
}

// What is about to happen, in a line.
std::string beginning(const AgentInput& input, const RunRequest& request) {
  return fmt::format(
      "building upon {}, {} workers to choose from, at most {}; the result will be "
      "the branch {}",
      input.base.substr(0, 12), input.workers.size(),
      request.budget ? request.budget->to_display() : "what it takes", input.branch);
}

// Of the models that the run may ask, the most tokens that one makes of a text.
int tokenizer_percent(const RunRequest& request, const Catalog& catalog) {
  int most = 100;
  for (const Tier tier : {Tier::kFast, Tier::kBalanced, Tier::kDeep}) {
    const Model* model = catalog.find(request.models[tier]);
    if (model != nullptr) most = std::max(most, model->tokenizer_percent);
  }
  return most;
}

bool asks_for(const std::vector<std::string>& gates, std::string_view gate) {
  return std::find(gates.begin(), gates.end(), gate) != gates.end();
}

// Denied one by one, the commands would only cost the model turns.
Status check_approver(const std::vector<std::string>& gates) {
  if (!asks_for(gates, "shell") || can_be_asked()) return {};
  return usage_error(
      "--approve shell asks before each command, and there is no terminal to ask on; nothing was "
      "spent");
}

// Where there is a branch to be made, it is the second task of every run of agents.
constexpr TaskId kDelivery{1};

// Whatever was merged stands in the user's repository.
bool is_delivered(AgentRun& run) {
  const std::string head = run.agents().head();
  if (head == run.repository().base()) return true;
  if (run.agents().input().branch.empty()) return true;
  const AgentResult* delivery = run.agents().result(kDelivery);
  return delivery != nullptr && delivery->commit == head;
}

std::vector<FileDelta> files_of(AgentRun& run) {
  std::vector<FileDelta> lines;
  const auto changes = run.repository().changes(run.repository().base(), run.agents().head());
  if (!changes) return lines;
  for (const FileChange& change : *changes)
    lines.push_back({change.status, change.path, change.added, change.removed});
  return lines;
}

ExitCode finish(Session& session, AgentRun& agents, const RunId& id, const Result<RunState>& run,
                const RunRequest& request, const Tables& tables) {
  if (!run) return tell_failure(session, id, run.error());
  const Result<std::vector<Event>> events = session.journal().events(id);
  if (!events) return tell_failure(session, id, events.error());
  const AgentReport report =
      report_of(*run, *events, agents.agents(), session.costs(), request, tables, files_of(agents));
  const ExitCode code = tell_end(*run, request, rendered(report, request.format, output_style()),
                                 exit_code_of(*run, report));
  // What can be resumed keeps its worktrees.
  if (run->status == RunStatus::kComplete && is_delivered(agents)) {
    if (Status gone = agents.repository().remove(); !gone) say(gone.error());
  }
  return code;
}

}  // namespace

ExitCode agent_command(const AgentOptions& options) {
  Result<RunRequest> request = read_spend_options(options);
  if (!request) return say(request.error());
  if (Status writable = check_output(request->output); !writable) return say(writable.error());
  if (Status asked = check_approver(options.approve); !asked) return say(asked.error());
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  const Result<Endpoint> where = endpoint_for(*request, tables->catalog);
  if (!where) return say(where.error());
  const Result<std::filesystem::path> state = state_folder(options.state);
  if (!state) return say(state.error());
  Result<std::unique_ptr<Session>> session = Session::open(*state, *tables);
  if (!session) return say(session.error());
  Result<std::unique_ptr<Memory>> memory = Memory::open(*state);
  if (!memory) return say(memory.error());
  std::optional<Sandbox> sandbox = open_sandbox();
  const RunId id = new_run_id();
  Result<AgentInput> input =
      read_agent_options(options, id, *request, *state, sandbox.has_value(), **memory);
  if (!input) return say(input.error());
  request->folder = repository_root(options.repo)->string();
  const std::string text = write_agent_input(*input);
  const std::string title = shorten(input->request.substr(0, input->request.find('\n')), 100);
  Result<std::unique_ptr<AgentRun>> run =
      AgentRun::open(**session,
                     {.run = id,
                      .project = request->project,
                      .state = *state,
                      .input = std::move(*input),
                      .max_tasks = request->max_tasks,
                      .tokenizer_percent = tokenizer_percent(*request, tables->catalog),
                      .asks = asks_for(options.approve, "shell")},
                     request->folder, std::move(sandbox), std::move(*memory));
  if (!run) return say(run.error());
  say(beginning((*run)->agents().input(), *request));
  RunStart start{.run = id,
                 .workflow = options.workflow,
                 .title = title,
                 .input = text,
                 .expected = {.mode = "orchestrate", .reason = {}, .forecast = {}},
                 .gates = options.approve};
  const Result<RunState> ended =
      (*session)->begin(std::move(start), (*run)->parts(), *where, *request);
  return finish(**session, **run, id, ended, *request, *tables);
}

ExitCode resume_agents(Session& session, const std::filesystem::path& state, const Tables& tables,
                       const RunRequest& request, TakenUp taken) {
  Result<AgentInput> input = read_agent_input(taken.input);
  if (!input) return say(input.error());
  Result<std::unique_ptr<Memory>> memory = Memory::open(state);
  if (!memory) return say(memory.error());
  const RunId id = taken.run.created.run;
  const bool over = taken.is_over();
  const bool commands = input->commands && !over;
  std::optional<Sandbox> sandbox = commands ? open_sandbox() : std::nullopt;
  if (commands && !sandbox) {
    return say(
        usage_error("the run was begun with a sandbox for its workers' commands, and here "
                    "it cannot go on without one"));
  }
  Result<std::unique_ptr<AgentRun>> run =
      AgentRun::open(session,
                     {.run = id,
                      .project = request.project,
                      .state = state,
                      .input = std::move(*input),
                      .max_tasks = request.max_tasks,
                      .tokenizer_percent = tokenizer_percent(request, tables.catalog),
                      .asks = asks_for(taken.run.created.gates, "shell")},
                     request.folder, std::move(sandbox), std::move(*memory));
  if (!run) return say(run.error());
  if (Status told = restore((*run)->agents(), taken.as_restored(), session.journal()); !told)
    return say(told.error());
  if (over) return finish(session, **run, id, std::move(taken.run), request, tables);
  if (Status asked = check_approver(taken.run.created.gates); !asked) return say(asked.error());
  const Result<Endpoint> where = endpoint_for(request, tables.catalog);
  if (!where) return say(where.error());
  return finish(session, **run, id,
                session.resume((*run)->parts(), *where, request, std::move(taken.run),
                               std::move(taken.asked)),
                request, tables);
}

}  // namespace baton
