// Workflow: what the driver needs to know of a kind of work (a review; later a feature): which
// tasks there are, what a task's model is asked, and what its answer is worth. No effects:
// everything is a value in and a value out, so a resumed run rebuilds a workflow by telling it
// again what its journal says.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/event.h"
#include "core/run_state.h"
#include "prompt/prompt.h"

namespace baton {

// A task and its brief: the task in the workflow's own words, kept in the journal as a text. Ids
// are given in order, without a gap; `spec.brief`, the text's name, is set by the driver.
struct NewTask {
  TaskSpec spec;
  std::string brief;
};

// What an attempt does first: ask a model, or, where there is nothing to ask, end with this result.
using Ask = std::variant<Prompt, std::string>;

// What the shell is to do where a program goes first: the checkers (by name) and the files they are
// given, or whatever else the workflow's programs know by the task's type.
struct CheckerRequest {
  TaskId task;
  std::string task_type;
  std::vector<std::string> checkers;
  std::vector<std::string> files;
};

// What a whole answer is worth to its task.
struct Appraisal {
  Verdict verdict = Verdict::kAccepted;
  std::string why;  // what is wrong with one that is not accepted
  // What the model is told if the attempt goes on: after kContinue, or once after kInvalid. JSON
  // array of content blocks; empty: it does not go on.
  std::string reply;
};

class Workflow {
 public:
  virtual ~Workflow() = default;

  // The tasks a run begins with. The first one is the planner, unless `plans_itself()`.
  virtual std::vector<NewTask> first_tasks() = 0;
  // Whether the first tasks are all there will be.
  virtual bool plans_itself() const = 0;

  // A task has its place in the run. Also told, in the same order, when a run is resumed.
  virtual void added(const TaskSpec& spec, std::string_view brief) = 0;
  // A task has ended: `answer` of its model and `findings` of its checkers, each empty where there
  // is none (a task that was skipped may still have findings). Also told when a run is resumed.
  virtual void finished(const Task& task, std::string_view answer, std::string_view findings) = 0;

  // A program could not do the task, and a model goes on from what it found. Also told when a run
  // is resumed, while the task has not ended.
  virtual void checked(TaskId task, std::string_view findings);

  // What an attempt begins with; asked again, with the same answer, for each further turn of it.
  virtual Ask ask(const RunState& run, const Task& task) = 0;
  // A piece of the answer, as it streams: tasks that can start at once.
  virtual std::vector<NewTask> read_piece(const Task& task, std::string_view piece) = 0;
  virtual Appraisal judge(const Task& task, const CallSettled& answer) = 0;

  // The tasks that the end of this one brings (spec.leads); told once, with its end. Told again,
  // before it was answered durably, to a resumed run.
  virtual std::vector<NewTask> follow_up(const RunState& run, const Task& task);

  virtual CheckerRequest checkers_for(TaskId task) const = 0;
};

}  // namespace baton
