// Sprint: a fleet of agents as work for the engine, for measuring what it costs. What is said means
// nothing; how much of it there is, is exact: each prompt has the length that the plan lays down,
// by the stand-in's way of counting.
//
//   tools → system → shared text | own text | answer, reply | answer, reply | …
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "sprint_plan.h"
#include "workflow/workflow.h"

namespace baton {

class Sprint : public Workflow {
 public:
  // The catalogue tells how a model counts; it outlives the sprint.
  Sprint(const SprintPlan& plan, const Catalog& catalog);

  std::vector<NewTask> first_tasks() override;
  bool plans_itself() const override { return true; }
  void added(const TaskSpec&, std::string_view) override {}
  void finished(const Task&, std::string_view, std::string_view) override {}
  Ask ask(const RunState& run, const Task& task) override;
  std::vector<NewTask> read_piece(const Task&, std::string_view) override { return {}; }
  Appraisal judge(const Task& task, const CallSettled& answer) override;
  CheckerRequest checkers_for(TaskId task) const override;

 private:
  struct Agent {
    SprintAgents kind;
    bool checked = false;
  };
  const Agent& agent(const Task& task) const;
  int tokenizer_of(const Task& task) const;
  int siblings_of(const Agent& agent) const;

  SprintPlan plan_;
  const Catalog& catalog_;
  std::vector<Agent> agents_;  // by the number of their task
};

}  // namespace baton
