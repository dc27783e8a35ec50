// The task-type table (workflows/task_types.toml): which tier does which kind of task first.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tokens.h"
#include "core/tier.h"

namespace baton {

struct TaskType {
  std::string name;  // "naming_convention_check"
  Role role = Role::kWorker;
  Tier tier = Tier::kFast;
  Tokens max_output;
  std::string effort;  // "low" … "max"; empty: the model's own default
  std::string looks_for;

  bool operator==(const TaskType&) const = default;
};

// What a model can be told to put into an answer: "low", "medium", "high", "xhigh" or "max".
bool is_effort(std::string_view word);

class TaskTypes {
 public:
  // Reads task_types.toml; the rows of `overrides`, if not empty, replace those of the same name
  // and are added otherwise. kInput with file, line and key.
  static Result<TaskTypes> parse(std::string_view toml, std::string_view overrides = {},
                                 std::string_view overrides_name = "the user's task types");
  static const TaskTypes& builtin();

  const TaskType* find(std::string_view name) const;  // null: not in the table
  // The row of `name`, or one by rule: a clear rubric and a structured answer → fast, judgement →
  // deep.
  TaskType route(std::string_view name, bool clear_rubric) const;
  // What a planner may choose from, in the table's order.
  const std::vector<TaskType>& all() const { return types_; }

 private:
  std::vector<TaskType> types_;
};

}  // namespace baton
