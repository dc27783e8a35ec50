#include "shell/agent_runner.h"

#include <fmt/format.h>

#include <set>

#include "base/cancellation.h"
#include "base/hash.h"
#include "base/json_string.h"
#include "core/tool_loop.h"
#include "shell/agent_site.h"
#include "shell/background.h"
#include "shell/tool_runner.h"
#include "tool/acceptance.h"

namespace baton {
namespace {

constexpr int kMostFactsOfARun = 10;

std::string short_hash(const std::string& text) {
  return sha256_hex(text).substr(0, 16);
}

std::vector<ToolRecord> records_of(const std::vector<ToolCallRecord>& calls) {
  std::vector<ToolRecord> records;
  for (const ToolCallRecord& call : calls) {
    records.push_back({call.use.name, short_hash(call.use.name + '\n' + call.use.input),
                       short_hash(call.result.text), call.result.failed});
  }
  return records;
}

// The results, and after them what the model is to know beside.
std::string with_words(std::string reply, const std::string& words) {
  if (words.empty() || !reply.ends_with(']')) return reply;
  reply.pop_back();
  return reply + R"(,{"type":"text","text":)" + json_string(words) + "}]";
}

class Hands final : public AgentRunner {
 public:
  explicit Hands(AgentRunnerParts parts)
      : parts_(std::move(parts)),
        background_(make_background(parts_.loop, 2)),
        tools_(make_tool_runner(parts_.loop, parts_.threads)) {}
  // What a program runs would be waited for.
  ~Hands() override { cancel_.cancel(); }

  void use_tools(const ToolsRequest& request,
                 std::function<void(Result<ToolsResult>)> done) override;
  void run_program(const CheckerRequest& request,
                   std::function<void(Result<CheckersResult>)> done) override;

 private:
  // One turn's tools, from the loop to the threads and back.
  struct Turn {
    AgentJob job;
    std::string tree;  // before `finish`: what its commands leave is not handed in
    Task task;
    std::vector<ToolUse> uses;
    std::function<void(Result<ToolsResult>)> done;
    std::shared_ptr<OpenSite> open;
    ToolTurnEnd end;
    Result<ToolsResult> result = ToolsResult();
  };
  struct Program {
    AgentJob job;
    Integration integration;
    std::string head;
    std::function<void(Result<CheckersResult>)> done;
    Result<CheckersResult> result = CheckersResult();
  };

  AgentJob job_of(const Task& task);
  void run_turn(const std::shared_ptr<Turn>& turn);
  Status open_turn(Turn& turn);
  Result<ToolsResult> closed(Turn& turn);
  Result<ToolsResult> accepted(const Turn& turn, ToolsResult out);
  Result<ToolsResult> undone(Turn& turn, const Error& why);
  Status keep_facts(const AgentJob& job) const;
  Result<AgentResult> merged(const Program& program, CheckersResult& out);
  Result<CheckersResult> integrate(const Program& program);
  Result<CheckersResult> deliver(const Program& program) const;

  AgentRunnerParts parts_;
  Cancellation cancel_;          // of what programs run
  std::set<std::string> known_;  // worktrees that this process has worked in
  std::unique_ptr<Background> background_;
  std::unique_ptr<ToolRunner> tools_;
};

AgentJob Hands::job_of(const Task& task) {
  const TaskId id = task.spec.id;
  AgentJob job;
  job.run = parts_.run;
  job.project = parts_.project;
  job.task = id;
  job.worktree = fmt::format("{}-a{}", id.to_string(), task.attempts);
  job.begins_at = parts_.agents.base_of(id);
  job.first_tree = parts_.agents.first_tree_of(id);
  job.tree = task.workspace();
  job.fresh = known_.insert(job.worktree).second;
  job.brief = parts_.agents.task(id);
  job.grant = parts_.agents.grant(id);
  job.parents = {job.begins_at};
  if (job.brief.kind == AgentTaskKind::kIntegration)
    job.parents.push_back(parts_.agents.integration(id).theirs);
  job.conflicts = parts_.agents.conflicts_of(id);
  job.model = task.model;
  job.spent = task.spent;
  return job;
}

// ---- tools ----

void Hands::use_tools(const ToolsRequest& request, std::function<void(Result<ToolsResult>)> done) {
  auto turn = std::make_shared<Turn>();
  turn->job = job_of(request.task);
  turn->task = request.task;
  turn->uses = request.uses;
  turn->done = std::move(done);
  background_->run(
      [this, turn] {
        if (Status opened = open_turn(*turn); !opened) turn->result = opened.error();
      },
      [this, turn] { run_turn(turn); });
}

Status Hands::open_turn(Turn& turn) {
  auto open =
      open_site(parts_.repository, turn.job, parts_.sandbox, parts_.memory, parts_.allow_command);
  if (!open) return open.error();
  turn.open = std::move(*open);
  const bool finishes = turn.uses.size() == 1 && turn.uses.front().name == "finish";
  if (!turn.job.grant.writes || !finishes) return {};
  Result<std::string> tree = parts_.repository.snapshot(turn.job.worktree);
  if (!tree) return tree.error();
  turn.tree = std::move(*tree);
  return {};
}

void Hands::run_turn(const std::shared_ptr<Turn>& turn) {
  if (!turn->result) return turn->done(std::move(turn->result));
  ToolTurn tools;
  tools.uses = std::move(turn->uses);
  tools.allowed = turn->job.grant.tools;
  tools.site = std::shared_ptr<const ToolSite>(turn->open, &turn->open->site);
  tools_->run(std::move(tools), [this, turn](ToolTurnEnd end) {
    turn->end = std::move(end);
    background_->run([this, turn] { turn->result = closed(*turn); },
                     [turn] { turn->done(std::move(turn->result)); });
  });
}

Result<ToolsResult> Hands::accepted(const Turn& turn, ToolsResult out) {
  const ToolResult& finish = turn.end.calls.front().result;
  Result<AgentResult> result =
      close_site(parts_.repository, turn.job, turn.tree, finish.answer, finish.text);
  if (!result) return result.error();
  if (turn.job.parents.size() > 1) result->onto = turn.job.begins_at;
  result->conflicts = turn.job.conflicts;
  result->checks = as_runs(finish.checks);
  out.result = write_agent_result(*result);
  if (Status kept = keep_facts(turn.job); !kept) return kept.error();
  return out;
}

// What cannot be kept (a file that is too large) is the model's to mend: it is told, and the files
// are what they were.
Result<ToolsResult> Hands::undone(Turn& turn, const Error& why) {
  if (Status restored = undo_turn(parts_.repository, turn.job); !restored) return restored.error();
  for (ToolCallRecord& call : turn.end.calls) {
    call.result.failed = true;
    call.result.text = fmt::format("undone, and all changes of this turn with it: {}", why.message);
  }
  ToolsResult out;
  out.calls = records_of(turn.end.calls);
  out.workspace = turn.task.workspace();
  out.reply = tool_results_json(turn.end.calls);
  return out;
}

Result<ToolsResult> Hands::closed(Turn& turn) {
  ToolsResult out;
  out.calls = records_of(turn.end.calls);
  out.workspace = turn.task.workspace();
  if (!turn.end.answer().empty()) return accepted(turn, std::move(out));
  if (turn.job.grant.writes && turn.end.changed()) {
    const Result<std::string> tree = parts_.repository.snapshot(turn.job.worktree);
    if (!tree && tree.error().kind == ErrorKind::kInput) return undone(turn, tree.error());
    if (!tree) return tree.error();
    out.workspace = *tree;
  }
  out.reply = with_words(std::move(turn.end.reply),
                         words_beside_results(turn.task, {out.calls, out.workspace}));
  return out;
}

// The task was accepted, and with it what it has proposed.
Status Hands::keep_facts(const AgentJob& job) const {
  if (parts_.memory == nullptr) return {};
  return parts_.memory->settle(job.run, job.task.to_string(), kMostFactsOfARun);
}

// ---- programs ----

void Hands::run_program(const CheckerRequest& request,
                        std::function<void(Result<CheckersResult>)> done) {
  auto program = std::make_shared<Program>();
  Task task;
  task.spec.id = request.task;
  const bool delivers = parts_.agents.task(request.task).kind == AgentTaskKind::kDelivery;
  program->done = std::move(done);
  program->head = parts_.agents.head();
  if (!delivers) {
    program->integration = parts_.agents.integration(request.task);
    program->job = job_of(task);
    program->job.worktree = request.task.to_string() + "-check";
    program->job.fresh = true;
  }
  background_->run(
      [this, program, delivers] {
        program->result = delivers ? deliver(*program) : integrate(*program);
      },
      [program] { program->done(std::move(program->result)); });
}

// Merged, and the writer's criteria hold on what came of it; or told in `out` why a model is
// needed.
Result<AgentResult> Hands::merged(const Program& program, CheckersResult& out) {
  const Integration& wanted = program.integration;
  AgentResult result;
  result.onto = wanted.ours;
  if (wanted.theirs.empty()) return result;
  const Result<MergeResult> merge = parts_.repository.merge(
      wanted.ours, wanted.theirs,
      {.subject = wanted.subject,
       .body = {},
       .trailers = {{"Baton-Run", parts_.run}, {"Baton-Task", program.job.task.to_string()}},
       .at = system_now()});
  if (!merge) return merge.error();
  IntegrationTrouble trouble;
  trouble.tree = merge->tree;
  for (const Conflict& conflict : merge->conflicts) trouble.conflicts.push_back(conflict.path);
  if (merge->conflicts.empty()) {
    result.commit = merge->commit;
    const Result<std::string> theirs = parts_.repository.tree_of(wanted.theirs);
    if (!theirs) return theirs.error();
    // What is just as its writer left it has been checked there.
    if (merge->tree == *theirs || wanted.commands.empty()) return result;
    AgentJob job = program.job;
    job.begins_at = merge->commit;
    job.first_tree.clear();
    const auto open =
        open_site(parts_.repository, job, parts_.sandbox, parts_.memory, parts_.allow_command);
    if (!open) return open.error();
    (*open)->site.cancel = &cancel_;
    const auto checks = run_acceptance((*open)->site, wanted.commands);
    if (!checks) return checks.error();
    result.checks = as_runs(*checks);
    if (Status gone = parts_.repository.remove_worktree(job.worktree); !gone) return gone.error();
    for (const CheckRun& check : result.checks) {
      if (!check.passed && !check.output.empty()) trouble.failed.push_back(check);
    }
    if (trouble.failed.empty()) return result;
  }
  out.covered = false;
  out.note = trouble.conflicts.empty()
                 ? "a command that must pass fails once its work is merged"
                 : fmt::format("its work conflicts in {} file{}", trouble.conflicts.size(),
                               trouble.conflicts.size() == 1 ? "" : "s");
  out.findings = write_trouble(trouble);
  return result;
}

Result<CheckersResult> Hands::integrate(const Program& program) {
  CheckersResult out;
  const Result<AgentResult> result = merged(program, out);
  if (!result) return result.error();
  if (out.covered) out.findings = write_agent_result(*result);
  return out;
}

Result<CheckersResult> Hands::deliver(const Program& program) const {
  CheckersResult out;
  AgentResult result;
  const std::string& branch = parts_.agents.input().branch;
  if (program.head == parts_.repository.base()) {
    result.note = "nothing was written, so there is no branch";
  } else if (Status made = parts_.repository.deliver(program.head, branch); !made) {
    if (made.error().kind != ErrorKind::kUsage) return made.error();
    out.covered = false;
    out.note = made.error().message;
    return out;
  } else {
    result.commit = program.head;
  }
  out.findings = write_agent_result(result);
  return out;
}

}  // namespace

std::unique_ptr<AgentRunner> make_agent_runner(AgentRunnerParts parts) {
  return std::make_unique<Hands>(std::move(parts));
}

}  // namespace baton
