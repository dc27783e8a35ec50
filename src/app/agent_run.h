// A run of agents as this program begins it or takes it up: its input, its repository, its hands.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/approval.h"
#include "app/commands.h"
#include "app/drive.h"
#include "memory/memory.h"
#include "sandbox/sandbox.h"
#include "shell/agent_runner.h"
#include "workflow/agents.h"
#include "worktree/run_repository.h"

namespace baton {

// STATE/worktrees/RUN: the run's private repository and its worktrees.
std::filesystem::path run_folder(const std::filesystem::path& state, const RunId& run);

// What `baton feature` and `baton run` were asked, as the run keeps it. `sandbox`: whether commands
// can be run. kUsage for what cannot be: no repository, no such revision, no words.
Result<AgentInput> read_agent_options(const AgentOptions& options, const RunId& run,
                                      const RunRequest& request, const std::filesystem::path& state,
                                      bool sandbox, Memory& memory);

// What a run of agents is made of, from its input.
struct AgentRunStart {
  Loop& loop;  // as the line, outlives the run
  StatusLine& line;
  RunId run;
  std::string project;
  std::filesystem::path state;
  AgentInput input;
  int max_tasks = 32;
  int tokenizer_percent = 100;  // of the run's models, the most
  bool asks = false;            // a person, before a command is run
  bool attended = true;         // whether there may be a person to ask at all
};

// Everything of one run, in the order it is needed. Its parts refer to each other, so it stays
// where it is.
class AgentRun {
 public:
  // Opens the run's repository. `sandbox` and `memory` become its own; without a sandbox, no
  // command is run. kUsage or kSystem if the repository cannot be opened.
  static Result<std::unique_ptr<AgentRun>> open(AgentRunStart start,
                                                const std::filesystem::path& user_repository,
                                                std::optional<Sandbox> sandbox,
                                                std::unique_ptr<Memory> memory);
  AgentRun(const AgentRun&) = delete;
  AgentRun& operator=(const AgentRun&) = delete;
  ~AgentRun();

  Agents& agents() { return *agents_; }
  RunRepository& repository() { return repository_; }
  // What it is driven with.
  RunParts parts();

 private:
  AgentRun(const AgentRunStart& start, RunRepository repository, std::optional<Sandbox> sandbox,
           std::unique_ptr<Memory> memory);

  RunRepository repository_;
  std::optional<Sandbox> sandbox_;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<Agents> agents_;
  std::unique_ptr<Approval> approval_;
  std::unique_ptr<AgentRunner> runner_;  // last: its threads use all the others
};

}  // namespace baton
