// One task of a run of agents: what a planner asked for, checked, and as the journal keeps it. What
// its worker is told is made of this, of the commits it stands upon, and of the results of tasks
// before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workflow/review_task.h"

namespace baton {

// What a task is to its run. kWork is what a plan names; the others follow from it.
enum class AgentTaskKind {
  kPlan,
  kWork,
  kIntegration,  // merges what one task has written: a program; the integrator where it conflicts
  kCleanUp,
  kReview,
  kFix,
  kDelivery,  // the branch in the user's repository: a program
};
std::string_view to_string(AgentTaskKind kind);
// Begun by a program and not by a model, which an integration may still go on to.
constexpr bool is_program(AgentTaskKind kind) {
  return kind == AgentTaskKind::kIntegration || kind == AgentTaskKind::kDelivery;
}

struct AgentTask {
  AgentTaskKind kind = AgentTaskKind::kWork;
  std::string local_id;  // the planner's own name for it
  std::string worker;    // who takes it
  std::string reason;    // why this worker, in the planner's words
  std::string title;     // one line
  std::string description;
  std::vector<FilePart> files;           // that its pack shows
  std::vector<std::string> constraints;  // what must stay as it is
  std::vector<std::string> acceptance;   // criteria in words
  std::vector<std::string> commands;     // that must pass, in the sandbox
  std::string output;                    // what its answer is to tell, in words; empty: the usual
  std::vector<std::string> depends_on;   // local ids
  std::vector<std::string> facts;        // noted in earlier runs
  int round = 0;                         // of a review or a fix: 1, 2, …
  // Integration: the task whose work it merges ("t4"); fix: the review whose findings it mends.
  std::string of;
  std::vector<std::string> notes;  // what was left out of it, and why

  bool operator==(const AgentTask&) const = default;
};

// The bounds on what a plan may ask of one task; what is beyond is left out with a note.
inline constexpr std::size_t kMostPlannedFiles = 60;
inline constexpr std::size_t kMostPlannedLines = 20;     // of each list of words
inline constexpr std::size_t kLongestPlannedLine = 500;  // bytes
inline constexpr std::size_t kLongestPlannedCommand = 2'000;

// One element of a plan's "tasks". kInput if it is not of the promised form. Whether its worker and
// its files exist is for the caller to say.
Result<AgentTask> read_agent_task(std::string_view json);

// The brief: one JSON text and back.
std::string write_agent_brief(const AgentTask& task);
Result<AgentTask> read_agent_brief(std::string_view json);

// Tasks of the same key are the same work: exactly, or loosely (worker and paths alone), for plans
// that were asked for twice.
std::string exact_key(const AgentTask& task);
std::string loose_key(const AgentTask& task);

}  // namespace baton
