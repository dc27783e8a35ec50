// Recipe: how a kind of agent run goes, as data (workflows/feature.toml, workflows/run.toml): which
// roles a plan may name, the tier, context and limits of each, and what follows when the plan is
// done. A shape is a recipe laid over another (workflows/feature.three-tier.toml). What all recipes
// share stands in workflows/agents.toml.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tokens.h"
#include "change/finding.h"
#include "core/event.h"

namespace baton {

// How a worker is used in this recipe: what its own file says holds where a row leaves it open.
struct RoleRow {
  std::string worker;
  std::optional<Tier> tier;
  std::optional<Tokens> context;  // the most that its prompts may hold
  Tokens max_output = Tokens(8'000);
  std::string effort;
  Limits limits;

  bool operator==(const RoleRow&) const = default;
};

// The words of a recipe that are no role's own.
struct RecipeWords {
  std::string rules;        // for every worker that uses tools
  std::string no_commands;  // for those that can run none, beside the rules
  std::string clean_up;     // what the task is told: likewise below
  std::string review;
  std::string fix;
  std::string integrate;
  std::string writer_schema;  // of the answers
  std::string reviewer_schema;
  std::string other_schema;

  bool operator==(const RecipeWords&) const = default;
};

struct Recipe {
  std::string name;         // "feature"
  std::string plan_system;  // the planner's words
  std::string plan_schema;  // of its answer
  RecipeWords words;
  RoleRow planner;             // `worker` is empty
  std::vector<RoleRow> roles;  // that a plan may name
  bool any_worker = false;     // and, beside them, every registered one, by the default row
  RoleRow other;               // the default row
  std::optional<RoleRow> clean_up;
  std::optional<RoleRow> review;
  int review_rounds = 0;
  Severity mend_from = Severity::kMedium;  // findings of at least this severity go back to be fixed
  RoleRow fix;  // its worker also takes what a plan gives to a worker that is not there
  RoleRow integrator;

  // The row of a worker; null if a plan may not name it.
  const RoleRow* row(std::string_view worker) const;
  bool operator==(const Recipe&) const = default;
};

// The built-in recipe of this name in the shape ("": as it is); kUsage, naming those there are, for
// any other.
Result<Recipe> builtin_recipe(std::string_view name, std::string_view shape);
// Laid over what all recipes share. kInput, with file, line and key.
Result<Recipe> read_recipe(std::string_view toml, std::string_view name);

}  // namespace baton
