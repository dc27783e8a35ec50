// Agents: a request goes in; a plan, work in worktrees, merges, reviews and one branch come out.
//
//   t0 plan (deep) ─► workers, while the plan streams ─► integration of each writer, in plan order
//      its end ─► clean-up? ─► review ─► fix ─► review … (at most N rounds)       t1 delivery
//      (last)
//
// A writer begins at the commit that the tasks it depends on were integrated into; integrations
// follow each other, each merging into the one before. Commits are ids in results, so a resumed run
// knows where it was.
//
// Pure: texts of commits come through `Repository`, whose answers never change (a commit is named
// by its content).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prompt/agent_pack.h"
#include "workflow/agent_input.h"
#include "workflow/agent_result.h"
#include "workflow/agent_task.h"
#include "workflow/array_stream.h"
#include "workflow/workflow.h"

namespace baton {

// What the tools of a task may do.
struct ToolGrant {
  std::vector<std::string> tools;  // by name
  std::string answer_schema;
  std::vector<std::string> commands;  // its acceptance
  std::vector<Skill> skills;
  bool writes = false;  // what it leaves in its worktree is its work

  bool operator==(const ToolGrant&) const = default;
};

// One merge, as the shell is to do it.
struct Integration {
  TaskId writer;
  std::string ours, theirs;  // commits; `theirs` empty: the writer has written nothing
  std::string subject;
  std::vector<std::string> commands;

  bool operator==(const Integration&) const = default;
};

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
    int max_tasks = 32;  // of one plan; what is beyond is left out and said
    // As Prompt::tools wants them. Empty: prompts have no tools.
    std::function<std::string(const std::vector<std::string>& names,
                              std::string_view answer_schema)>
        tool_definitions;
    int tokenizer_percent = 100;  // of the run's models, the most: contexts are kept by it
  };

  Agents(AgentInput input, Repository repository, Settings settings);

  std::vector<NewTask> first_tasks() override;
  bool plans_itself() const override { return false; }
  void added(const TaskSpec& spec, std::string_view brief) override;
  void finished(const Task& task, std::string_view answer, std::string_view findings) override;
  void checked(TaskId task, std::string_view findings) override;
  Ask ask(const RunState& run, const Task& task) override;
  std::vector<NewTask> read_piece(const Task& task, std::string_view piece) override;
  std::vector<NewTask> follow_up(const RunState& run, const Task& task) override;
  Appraisal judge(const Task& task, const CallSettled& answer) override;
  CheckerRequest checkers_for(TaskId task) const override;

  const AgentInput& input() const { return input_; }
  const AgentTask& task(TaskId id) const { return tasks_.at(id).task; }
  // None: it has not ended, or was skipped.
  const AgentResult* result(TaskId id) const;
  // What it told with its result; empty where there is none.
  AgentAnswer answer(TaskId id) const;
  // The planner's own answer, where it did without workers.
  const std::string& direct_answer() const { return direct_answer_; }
  const std::string& approach() const { return approach_; }
  std::vector<std::string> notes() const;
  // Of the last review: what stays, for the report.
  std::vector<Finding> open_findings() const;

  // The integrations that have merged something or could have, in the order of their commits.
  std::vector<TaskId> merged() const;
  // The commit that the last integration got to; the base before any.
  std::string head() const;
  // The commit a task's worktree begins at, and, where it is not that commit's, the tree.
  std::string base_of(TaskId id) const;
  std::string first_tree_of(TaskId id) const;
  // Of an integration that a model has to mend: paths.
  std::vector<std::string> conflicts_of(TaskId id) const;
  ToolGrant grant(TaskId id) const;
  // Requires: it is an integration.
  Integration integration(TaskId id) const;
  // What a person is asked at a gate ("plan", "merge"): lines of plain text. Empty: there is
  // nothing to ask about.
  std::string question(std::string_view gate) const;
  // What a task's prompt shows and what was left out of it, as ask() makes it.
  PackReport pack(TaskId id) const;

 private:
  struct Known {
    AgentTask task;
    TaskSpec spec;
    std::optional<AgentResult> result;
    std::optional<IntegrationTrouble> trouble;
    std::string fault;  // of a text of its own that could not be read
  };
  struct Shown {  // a prompt and what it left out
    Prompt prompt;
    PackReport report;
  };

  // agents_plan.cc: from the planner's words to tasks
  void begin_plan();
  void plan_one(std::string_view element, std::vector<NewTask>& planned);
  Result<AgentTask> read_element(std::string_view element) const;
  Status settle_worker(AgentTask& task) const;
  void settle_files(AgentTask& task) const;
  void settle_facts(AgentTask& task) const;
  std::optional<TaskId> already_planned(const AgentTask& task);
  void wait_for_dependencies(AgentTask& task, std::vector<TaskId>& after,
                             std::vector<TaskId>& needs) const;
  int planned_works() const;
  void read_plan(std::string_view answer);
  Appraisal judge_plan(const CallSettled& answer) const;

  // agents_tasks.cc: which tasks there are
  NewTask made(TaskId id, const AgentTask& task) const;
  void add_work(AgentTask task, std::vector<TaskId> after, std::vector<TaskId> needs,
                std::vector<NewTask>& tasks);
  void add_review(int round, std::vector<NewTask>& tasks) const;
  std::vector<NewTask> after_plan();
  std::vector<NewTask> after_review(const Known& review);
  bool has_review() const;
  bool unchanged_since_last_review(const Known& review) const;
  std::vector<Finding> to_mend(TaskId review) const;
  const RoleRow& row_of(const AgentTask& task) const;
  Tokens context_of(const AgentTask& task) const;
  std::vector<std::string> tools_of(const AgentTask& task) const;
  std::vector<std::string> commands_of(TaskId id) const;
  std::vector<Skill> skills_of(const AgentTask& task) const;
  const std::string& schema_of(const AgentTask& task) const;
  bool writes(const AgentTask& task) const;
  std::optional<TaskId> work_before(TaskId id) const;

  // agents_prompts.cc, agents_parts.cc: what models are shown
  std::optional<AgentResult> without_model(const Known& known) const;
  Shown shown(TaskId id) const;
  Prompt frame_of(const Known& known) const;
  std::string system_of(const AgentTask& task) const;
  int uses_of_system(const RunState& run, const Task& task) const;
  std::vector<PackPart> parts_of(const Known& known) const;
  std::vector<PackPart> plan_parts() const;
  PackPart message_of(const Known& known) const;
  void add_files(const Known& known, std::vector<PackPart>& parts) const;
  void add_results(const Known& known, std::vector<PackPart>& parts) const;
  void add_review_parts(const Known& known, std::vector<PackPart>& parts) const;
  void add_integration_parts(const Known& known, std::vector<PackPart>& parts) const;
  PackPart diff_part(std::string title, const std::string& from, const std::string& to,
                     const std::vector<std::string>& paths) const;
  std::string criteria() const;

  // agents_words.cc: what people are asked
  std::string plan_question() const;
  std::string merge_question() const;

  AgentInput input_;
  Repository repository_;
  Settings settings_;
  std::map<TaskId, Known> tasks_;
  std::map<TaskId, TaskId> integration_of_;  // by the writer, those being placed included
  std::string direct_answer_;
  std::string approach_;
  std::vector<std::string> plan_notes_;

  // One attempt of the plan.
  std::unique_ptr<ArrayStream> plan_stream_;
  bool plan_broken_ = false;
  int first_of_attempt_ = 0;                   // tasks from here on belong to it
  std::set<TaskId> planned_again_;             // tasks of earlier attempts that it named
  std::map<std::string, TaskId> planned_ids_;  // the planner's own names → tasks
  std::map<std::string, TaskId> exact_keys_;
  std::multimap<std::string, TaskId> loose_keys_;
  mutable std::optional<std::set<std::string>> base_files_;  // read once
};

}  // namespace baton
