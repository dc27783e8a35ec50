// ScriptedWork: a workflow whose tasks a seed has thought out: a plan that streams, dependencies,
// tiers, programs that go first, tools, followers, gates. What a task's prompt says is all that the
// simulated provider knows of it:
//
//   "t3 work"   answer "ok", or "more" for another turn, or tool calls
//   "t0 plan 4" answer "0;1;2;3;."
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workflow/workflow.h"

namespace baton::sim {

// What a run is like; drawn once, the same for every process that drives it.
struct WorkShape {
  std::uint64_t seed = 0;
  bool planned = true;  // by a model; otherwise all tasks are there from the start
  int items = 3;        // of the plan
  bool batches = false;
  bool checkers = false;
  bool tools = false;
  bool followers = false;
  bool gates = false;
  bool shared_prefix = false;
};
WorkShape drawn_shape(std::uint64_t seed);

class ScriptedWork : public Workflow {
 public:
  explicit ScriptedWork(const WorkShape& shape) : shape_(shape) {}

  std::vector<NewTask> first_tasks() override;
  bool plans_itself() const override { return !shape_.planned; }
  void added(const TaskSpec& spec, std::string_view brief) override;
  void finished(const Task&, std::string_view, std::string_view) override {}
  Ask ask(const RunState& run, const Task& task) override;
  std::vector<NewTask> read_piece(const Task& task, std::string_view piece) override;
  Appraisal judge(const Task& task, const CallSettled& answer) override;
  std::vector<NewTask> follow_up(const RunState& run, const Task& task) override;
  CheckerRequest checkers_for(TaskId task) const override;

 private:
  NewTask item(int number, TaskId id) const;
  std::uint64_t drawn(std::int64_t what, std::uint64_t which) const;

  WorkShape shape_;
  std::vector<std::string> briefs_;  // by task
  std::map<int, TaskId> items_;      // of the plan, that are there
  std::string plan_;                 // what has been read of it and not understood yet
};

}  // namespace baton::sim
