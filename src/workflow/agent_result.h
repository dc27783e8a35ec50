// What the tasks of a run of agents come to: written by the shell, read by everyone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/finding.h"

namespace baton {

// What an acceptance command came to.
struct CheckRun {
  std::string command;
  bool passed = false;
  std::string output;  // its end, where it failed

  bool operator==(const CheckRun&) const = default;
};

// What a task came to, beside its answer.
struct AgentResult {
  std::string answer;  // of `finish`: a JSON object; empty for programs
  std::string commit;  // what it wrote, or where an integration or the delivery got to
  // An integration's other side: the commit it was merged into. Whoever merged, the program or the
  // integrator.
  std::string onto;
  std::vector<std::string> conflicts;  // paths, where an integration had some
  std::vector<CheckRun> checks;
  std::string note;

  bool operator==(const AgentResult&) const = default;
};
std::string write_agent_result(const AgentResult& result);
Result<AgentResult> read_agent_result(std::string_view json);

// For the integrator: how the merge went that it is to mend. Told by the program, kept as its
// findings.
struct IntegrationTrouble {
  std::string tree;  // what its worktree begins with: with conflict markers
  std::vector<std::string> conflicts;
  std::vector<CheckRun> failed;

  bool operator==(const IntegrationTrouble&) const = default;
};
std::string write_trouble(const IntegrationTrouble& trouble);
Result<IntegrationTrouble> read_trouble(std::string_view json);

// The answers of workers, by their forms (see Recipe); what is not as promised reads as nothing,
// and all of it is bounded.
struct AgentAnswer {
  std::string summary;
  std::string result;  // of those that neither write nor review
  std::vector<std::string> files;
  std::vector<std::string> notes;
  std::vector<Finding> findings;  // of a reviewer

  bool operator==(const AgentAnswer&) const = default;
};
// `source`: the task, for its findings.
AgentAnswer read_agent_answer(std::string_view json, std::string_view source);
std::string write_review_answer(std::string_view summary, const std::vector<Finding>& findings);

}  // namespace baton
