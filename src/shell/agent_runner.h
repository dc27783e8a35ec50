// AgentRunner: the hands of a run of agents. Tools in the worktree of each attempt; the programs
// that merge what was written and make the branch at the end.
//
// What git and tools do is done on threads; what is asked of the workflow, on the loop's. Tools of
// a turn are a transaction: the tree they leave is named in the journal, and after a crash the
// worktree is brought back to the last one before they are run again.
#pragma once

#include <functional>
#include <memory>

#include "memory/memory.h"
#include "shell/driver.h"
#include "shell/loop.h"
#include "workflow/agents.h"
#include "worktree/run_repository.h"

namespace baton {

class Sandbox;

// What an AgentRunner works with; everything outlives it.
struct AgentRunnerParts {
  Loop& loop;
  RunRepository& repository;
  const Agents& agents;
  RunId run;
  std::string project;
  const Sandbox* sandbox = nullptr;  // none: no command is run
  Memory* memory = nullptr;          // none: nothing is noted
  // Whether a person lets a command run; called on a thread, and may wait. Empty: all may.
  std::function<bool(const std::string& command)> allow_command;
  int threads = 4;  // tools at a time
};

class AgentRunner {
 public:
  virtual ~AgentRunner() = default;

  virtual void use_tools(const ToolsRequest& request,
                         std::function<void(Result<ToolsResult>)> done) = 0;
  // Integrations and the delivery.
  virtual void run_program(const CheckerRequest& request,
                           std::function<void(Result<CheckersResult>)> done) = 0;
};

// Letting go of it stops what runs, and waits for that.
std::unique_ptr<AgentRunner> make_agent_runner(AgentRunnerParts parts);

}  // namespace baton
