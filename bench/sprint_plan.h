// SprintPlan: what a fleet of agents is given to do, by counts of tokens alone.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/tokens.h"
#include "core/tier.h"

namespace baton {

// Agents that are alike. Of each model's agents of one kind (loops or single calls), all begin with
// the same shared text.
struct SprintAgents {
  Role role = Role::kWorker;
  Tier tier = Tier::kFast;
  int count = 1;
  bool loops = false;  // it has tools, and goes on as long as the model calls them
  Tokens prefix;       // the prompt of its first call, the shared part included
  int checked = 0;     // so many of them are done by checkers
  bool batch = false;
};

struct SprintPlan {
  Tokens shared;      // of every agent's prefix; zero: nothing
  Tokens growth;      // what each call of a loop adds to the prompt of the next
  Tokens max_output;  // of a call
  bool cache = true;
  Millis gate;  // the longest that siblings wait for the one that writes what they share; zero: all
                // that is ready is sent at once, without pacing
  Millis gap;   // that is told to be between two calls of an agent
  std::vector<SprintAgents> agents;
};

// kInput with the key where `json` is not such a plan.
Result<SprintPlan> read_sprint_plan(std::string_view json);

}  // namespace baton
