// Agents: a request goes in; a plan, work in worktrees, merges, reviews and one branch come out.
//
//   t0 plan (deep) ─► workers, while the plan streams ─► integration of each writer, in plan order
//      its end ─► clean-up? ─► review ─► fix ─► review … (at most N rounds)       t1 delivery
//      (last)
//
// A writer begins at the commit that the tasks it depends on were integrated into; integrations
// follow each other in plan order, each merging into the one before. Commits are ids in results, so
// a resumed run knows where it was.
//
// Pure: texts of commits come through `Repository`, whose answers never change (a commit is named
// by its content).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prompt/agent_pack.h"
#include "worker/worker.h"
#include "workflow/agent_task.h"
#include "workflow/array_stream.h"
#include "workflow/recipe.h"
#include "workflow/workflow.h"

namespace baton {

// What a run of agents begins with; kept in its journal, so that a resumed one goes on by the same.
struct AgentInput {
  std::string request;             // the user's words
  std::string base;                // the commit it builds upon
  std::string branch;              // that holds the result; empty: nothing is delivered
  std::string map;                 // of the repository, as the planner sees it
  Tokens repository;               // about what all of it would be
  std::string instructions;        // the project's, for everyone
  std::vector<std::string> facts;  // noted in earlier runs
  bool commands = true;            // whether there is a sandbox to run any
  bool pdf = false;                // whether documents can be rendered
  Recipe recipe;
  std::vector<Worker> workers;
  std::vector<Skill> skills;
};
std::string write_agent_input(const AgentInput& input);
Result<AgentInput> read_agent_input(std::string_view json);

// What an acceptance command came to.
struct CheckRun {
  std::string command;
  bool passed = false;
  std::string output;  // its end, where it failed
  bool operator==(const CheckRun&) const = default;
};

// What a task came to, beside its answer: written by the shell, read by everyone.
struct AgentResult {
  std::string answer;  // of `finish`: a JSON object; empty for programs
  std::string commit;  // what it wrote, or where an integration or the delivery got to
  std::string onto;    // an integration's other side: the commit it was merged into
  std::vector<std::string> conflicts;  // paths, where an integration had some
  std::vector<CheckRun> checks;
  std::string note;

  bool operator==(const AgentResult&) const = default;
};
std::string write_agent_result(const AgentResult& result);
Result<AgentResult> read_agent_result(std::string_view json);

// What the tools of a task may do.
struct ToolGrant {
  std::vector<std::string> tools;  // by name
  std::string answer_schema;
  std::vector<std::string> commands;  // its acceptance
  std::vector<Skill> skills;
  bool writes = false;
};

// One merge, as the shell is to do it.
struct Integration {
  TaskId writer;
  std::string ours, theirs;  // commits; `theirs` empty: the writer has written nothing
  std::string subject;
  std::vector<std::string> commands;
};

// For the integrator: how the merge went that it is to mend. Told by the program, kept as its
// findings.
struct IntegrationTrouble {
  std::string tree;  // what its worktree begins with: with conflict markers
  std::vector<std::string> conflicts;
  std::vector<CheckRun> failed;

  bool operator==(const IntegrationTrouble&) const = default;
};
std::string write_trouble(const IntegrationTrouble& trouble);
Result<IntegrationTrouble> read_trouble(std::string_view json);

class Agents : public Workflow {
 public:
  struct Repository {
    std::function<Result<std::string>(const std::string& commit, std::string_view path)> text;
    std::function<Result<std::string>(const std::string& from, const std::string& to,
                                      std::size_t limit)>
        diff;
    std::function<Result<std::vector<std::string>>(const std::string& commit)> files;
  };
  struct Settings {
    int max_tasks = 32;  // of one plan
  };

  Agents(AgentInput input, Repository repository, Settings settings);

  std::vector<NewTask> first_tasks() override;
  bool plans_itself() const override { return false; }
  void added(const TaskSpec& spec, std::string_view brief) override;
  void finished(const Task& task, std::string_view answer, std::string_view findings) override;
  Ask ask(const RunState& run, const Task& task) override;
  std::vector<NewTask> read_piece(const Task& task, std::string_view piece) override;
  std::vector<NewTask> follow_up(const RunState& run, const Task& task) override;
  Appraisal judge(const Task& task, const CallSettled& answer) override;
  CheckerRequest checkers_for(TaskId task) const override;

  const AgentInput& input() const { return input_; }
  const AgentTask& task(TaskId id) const { return tasks_.at(id).task; }
  // None: it has not ended, or was skipped.
  const AgentResult* result(TaskId id) const;
  // The planner's own answer, where it did without workers.
  const std::string& direct_answer() const { return direct_answer_; }
  const std::string& approach() const { return approach_; }
  std::vector<std::string> notes() const;

  // The commit that the last integration got to; the base before any.
  std::string head() const;
  // The commit a task's worktree begins at, and, where it is not that commit's, the tree.
  std::string base_of(TaskId id) const;
  std::string first_tree_of(TaskId id) const;
  ToolGrant grant(TaskId id) const;
  Integration integration(TaskId id) const;
  // What a person is asked at a gate ("plan", "merge"): lines of plain text.
  std::string question(std::string_view gate) const;
  // What a task's prompt shows and what was left out of it, as ask() makes it.
  PackReport pack(TaskId id) const;

 private:
  struct Known {
    AgentTask task;
    TaskSpec spec;
    std::optional<AgentResult> result;
    std::optional<IntegrationTrouble> trouble;
    bool ended = false;
  };

  AgentInput input_;
  Repository repository_;
  Settings settings_;
  std::map<TaskId, Known> tasks_;
  std::string direct_answer_;
  std::string approach_;
};

}  // namespace baton
