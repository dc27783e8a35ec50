// One attempt's worktree, opened for its tools, and closed with what they left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "memory/memory.h"
#include "tool/tool.h"
#include "workflow/agents.h"
#include "worktree/run_repository.h"

namespace baton {

// What the loop's thread knows of an attempt, for the threads that work for it.
struct AgentJob {
  RunId run;
  std::string project;
  TaskId task;
  std::string worktree;    // its name
  std::string begins_at;   // a commit
  std::string first_tree;  // what it begins with, where that is not the commit's own
  std::string tree;        // what the turn before has left; empty: nothing yet
  bool fresh = true;       // this process has not worked in it before
  AgentTask brief;
  ToolGrant grant;
  std::vector<std::string> parents;    // of the commit it makes
  std::vector<std::string> conflicts;  // paths, of a merge that is to be mended
  std::string model;
  Money spent;
};

// What a worker's tools may do with what was noted. `memory` outlives it; null: nothing.
MemoryAccess memory_access(Memory* memory, const AgentJob& job);

// A worktree that tools work in. Held by whoever runs them.
struct OpenSite {
  explicit OpenSite(Workspace opened)
      : workspace(std::move(opened)), site{.workspace = workspace} {}
  OpenSite(const OpenSite&) = delete;
  OpenSite& operator=(const OpenSite&) = delete;

  Workspace workspace;
  ToolSite site;
};

// Makes the worktree what the job says. Blocks.
Result<std::shared_ptr<OpenSite>> open_site(
    RunRepository& repository, const AgentJob& job, const Sandbox* sandbox, Memory* memory,
    const std::function<bool(const std::string&)>& allow_command);

// As results keep it: what was not run has not passed and says nothing.
std::vector<CheckRun> as_runs(const std::vector<CommandCheck>& checks);

// What an accepted answer leaves: a commit of `tree`, where anything was written, and the worktree
// goes. Blocks.
Result<AgentResult> close_site(RunRepository& repository, const AgentJob& job,
                               const std::string& tree, const std::string& answer,
                               const std::string& note);

// The files are what they were before this turn. Blocks.
Status undo_turn(RunRepository& repository, const AgentJob& job);

}  // namespace baton
