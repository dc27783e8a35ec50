#include "app/agent_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/agent_result.h"
#include "app/say.h"
#include "shell/restore.h"

namespace baton {
namespace {

// Of the models that the run may ask, the most tokens that one makes of a text.
int tokenizer_percent(const RunRequest& request, const Catalog& catalog) {
  int most = 100;
  for (const Tier tier : {Tier::kFast, Tier::kBalanced, Tier::kDeep}) {
    const Model* model = catalog.find(request.models[tier]);
    if (model != nullptr) most = std::max(most, model->tokenizer_percent);
  }
  return most;
}

// Where there is a branch to be made, it is the second task of every run of agents.
constexpr TaskId kDelivery{1};

class AgentWork final : public RunWork {
 public:
  AgentWork(const WorkSite& site, std::unique_ptr<AgentRun> run)
      : site_(site), run_(std::move(run)) {}

  Agents& workflow() override { return run_->agents(); }
  RunParts parts() override { return run_->parts(); }

  Result<RunTold> told(const RunState& run, const CostFold& costs) override {
    const Result<std::vector<Event>> events = site_.journal.events(run.created.run);
    if (!events) return events.error();
    const AgentReport report = report_of(run, *events, run_->agents(), costs, site_.request,
                                         site_.tables, changed_files());
    return RunTold{rendered(report, site_.request.format, output_style()),
                   exit_code_of(run, report)};
  }

  // What can be resumed keeps its worktrees.
  void tidy(const RunState& run) override {
    if (run.status != RunStatus::kComplete || !is_delivered()) return;
    if (Status gone = run_->repository().remove(); !gone) say(gone.error());
  }

 private:
  // Whatever was merged stands in the user's repository.
  bool is_delivered() {
    const std::string head = run_->agents().head();
    if (head == run_->repository().base()) return true;
    if (run_->agents().input().branch.empty()) return true;
    const AgentResult* delivery = run_->agents().result(kDelivery);
    return delivery != nullptr && delivery->commit == head;
  }

  std::vector<FileDelta> changed_files() {
    std::vector<FileDelta> lines;
    const auto changes =
        run_->repository().changes(run_->repository().base(), run_->agents().head());
    if (!changes) return lines;
    for (const FileChange& change : *changes)
      lines.push_back({change.status, change.path, change.added, change.removed});
    return lines;
  }

  WorkSite site_;
  std::unique_ptr<AgentRun> run_;
};

}  // namespace

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

std::optional<Sandbox> open_sandbox() {
  static const std::optional<Sandbox> opened = []() -> std::optional<Sandbox> {
    Result<Sandbox> sandbox = Sandbox::open();
    if (sandbox) return std::move(*sandbox);
    say(fmt::format("no command of a worker is run: {} (`baton doctor` says more)",
                    sandbox.error().message));
    return std::nullopt;
  }();
  return opened;
}

Result<std::unique_ptr<RunWork>> agent_work(const WorkSite& site, const RunId& run,
                                            AgentInput input, std::optional<Sandbox> sandbox,
                                            std::unique_ptr<Memory> memory, bool asks) {
  Result<std::unique_ptr<AgentRun>> opened =
      AgentRun::open({.loop = site.loop,
                      .line = site.line,
                      .run = run,
                      .project = site.request.project,
                      .state = site.state,
                      .input = std::move(input),
                      .max_tasks = site.request.max_tasks,
                      .tokenizer_percent = tokenizer_percent(site.request, site.tables.catalog),
                      .asks = asks,
                      .attended = site.attended},
                     site.request.folder, std::move(sandbox), std::move(memory));
  if (!opened) return opened.error();
  return std::unique_ptr<RunWork>(std::make_unique<AgentWork>(site, std::move(*opened)));
}

Result<std::unique_ptr<RunWork>> agent_work_of(const WorkSite& site, const TakenUp& taken) {
  Result<AgentInput> input = read_agent_input(taken.input);
  if (!input) return input.error();
  const bool drives = site.drives && !taken.is_over();
  const bool asks = asks_for(taken.run.created.gates, "shell");
  if (asks && drives && !site.attended) {
    return usage_error(fmt::format(
        "each of its commands is to be approved of, and here is nobody to ask: `baton resume {}` "
        "on a terminal",
        taken.run.created.run));
  }
  Result<std::unique_ptr<Memory>> memory = Memory::open(site.state);
  if (!memory) return memory.error();
  const bool commands = input->commands && drives;
  std::optional<Sandbox> sandbox = commands ? open_sandbox() : std::nullopt;
  if (commands && !sandbox) {
    return usage_error(
        "the run was begun with a sandbox for its workers' commands, and here it cannot go on "
        "without one");
  }
  Result<std::unique_ptr<RunWork>> work = agent_work(site, taken.run.created.run, std::move(*input),
                                                     std::move(sandbox), std::move(*memory), asks);
  if (!work) return work;
  if (Status told = restore((*work)->workflow(), taken.as_restored(), site.journal); !told)
    return told.error();
  return work;
}

}  // namespace baton
