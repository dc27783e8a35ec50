// What a run of agents begins with; kept in its journal, so that a resumed one goes on by the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/worker.h"
#include "workflow/recipe.h"

namespace baton {

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

  const Worker* find_worker(std::string_view name) const;  // null: there is none
  bool operator==(const AgentInput&) const = default;
};

// One JSON text and back.
std::string write_agent_input(const AgentInput& input);
Result<AgentInput> read_agent_input(std::string_view json);

}  // namespace baton
