// Review: a change goes in; a plan, findings and one report come out.
//
//   t0 task_decomposition (deep) ─► workers, while the plan streams ─► t1 result_synthesis (deep)
//
// Without a model (`Settings::local`) the plan is the checkers that apply, and the report is merged
// by program. `Settings::direct`: one deep call looks at the whole change, and that is all.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "change/change.h"
#include "change/finding.h"
#include "workflow/array_stream.h"
#include "workflow/review_task.h"
#include "workflow/synthesis.h"
#include "workflow/task_types.h"
#include "workflow/workflow.h"

namespace baton {

// The words and answer forms of a review (workflows/review.toml).
struct ReviewWords {
  struct Part {
    std::string system;
    std::string schema;
  };
  Part plan;
  Part work;
  Part direct;
  Part report;

  // The built-in words with those that `toml` (called `name` in errors) gives in their place.
  static Result<ReviewWords> laid_over_builtin(std::string_view toml, std::string_view name);
  static const ReviewWords& builtin();
};

// What the report says of one planned task.
struct ReviewOutcome {
  ReviewTask task;
  std::vector<Finding> findings;  // of it alone, sifted
};

class Review : public Workflow {
 public:
  struct Settings {
    bool local = false;
    bool direct = false;
    std::string effort;  // of the direct call; empty: its task type's
    bool batch = false;  // all workers may wait for a batch
    int max_tasks = 64;  // of one plan; what is beyond is left out and said
    // The checkers that do a whole task of this type on these files; empty: a model is needed.
    std::function<std::vector<std::string>(std::string_view type,
                                           const std::vector<std::string>& files)>
        covering;
    // The checkers that apply at all, each as one task: only asked where `local`.
    std::function<std::vector<ReviewTask>()> local_tasks;
  };

  Review(Change change, TaskTypes types, ReviewWords words, Settings settings);

  std::vector<NewTask> first_tasks() override;
  bool plans_itself() const override { return settings_.local || settings_.direct; }
  void added(const TaskSpec& spec, std::string_view brief) override;
  void finished(const Task& task, std::string_view answer, std::string_view findings) override;
  Ask ask(const RunState& run, const Task& task) override;
  std::vector<NewTask> read_piece(const Task& task, std::string_view piece) override;
  Appraisal judge(const Task& task, const CallSettled& answer) override;
  CheckerRequest checkers_for(TaskId task) const override;

  // What came of it, for the report.
  const Change& change() const { return change_; }
  const std::map<TaskId, ReviewOutcome>& outcomes() const { return outcomes_; }
  const Sifted& dropped() const { return dropped_; }  // counts alone
  std::vector<std::string> notes() const;
  // Ranked: by the synthesis where there is one, otherwise merged by program. Every finding kept is
  // in it, once.
  std::vector<Finding> report() const;
  // Empty where no model has written one.
  const std::optional<Synthesis>& synthesis() const { return synthesis_; }

 private:
  Prompt plan_prompt() const;
  Prompt direct_prompt() const;
  Prompt work_prompt(const RunState& run, const Task& task);
  int uses_of_pack(const RunState& run, const Task& task);
  Prompt report_prompt(const RunState& run) const;
  const std::vector<Finding>& all_findings() const;
  std::optional<NewTask> plan_one(std::string_view element, std::size_t pending);
  void note_plan(std::string_view answer);
  std::optional<TaskId> already_planned(const ReviewTask& task);
  NewTask worker(const ReviewTask& task, TaskId id) const;
  NewTask direct_task() const;
  bool is_plan(const Task& task) const { return !plans_itself() && task.spec.id == TaskId(0); }

  Change change_;
  TaskTypes types_;
  ReviewWords words_;
  Settings settings_;

  // Tasks that are given the same files: what they show is cached once for all of them.
  struct Pack {
    std::vector<TaskId> members;
    std::set<TaskId> alone;  // asked before any other was known: they left nothing to read
  };

  int added_ = 0;  // tasks so far, the orchestrator's own included
  std::map<TaskId, ReviewOutcome> outcomes_;
  std::map<std::string, Pack> packs_;  // by pack_key()
  Sifted dropped_;
  std::vector<std::string> notes_;

  // One attempt of the plan.
  std::unique_ptr<ArrayStream> plan_stream_;
  bool plan_broken_ = false;
  TaskId first_of_attempt_;                    // tasks from here on belong to it
  std::set<TaskId> planned_again_;             // tasks of earlier attempts that it named
  std::map<std::string, TaskId> planned_ids_;  // the planner's own names → tasks
  std::map<TaskId, ReviewTask> just_planned_;  // until they have their place
  std::map<std::string, TaskId> exact_keys_;
  std::multimap<std::string, TaskId> loose_keys_;

  std::optional<Synthesis> synthesis_;
  // Merged by all_findings(), which the last prompt and the report both ask; none: not up to date.
  mutable std::optional<std::vector<Finding>> merged_;
};

}  // namespace baton
