// The result of a run of agents (`baton feature`, `baton run`) as a value, and its forms: terminal
// text, Markdown, JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/time.h"
#include "base/tokens.h"
#include "change/finding.h"
#include "report/review_report.h"

namespace baton {

// One file that the delivered commit changes against its base.
struct FileDelta {
  char status = 'M';  // A, M, D
  std::string path;
  int added = 0, removed = 0;  // lines; 0 of a binary file
};

struct AgentTaskLine {
  TaskId id;
  std::string kind;  // to_string(AgentTaskKind): "plan", "work", "integration", …
  std::string title;
  std::string worker;  // "planner" for the plan; empty where a program did it
  std::string reason;  // why this worker, in the planner's words
  std::string tier;    // that ended it
  std::string model;   // empty: none was asked
  std::string status;  // "done", "skipped", "pending"
  std::string note;    // why it was escalated or skipped
  int attempts = 0;
  int turns = 0;       // of all attempts: answers it gave
  int tool_calls = 0;  // likewise
  Money charged;
  std::string summary;             // in its own words
  std::string result;              // of a worker whose result is a text
  std::vector<std::string> files;  // that it says it changed
  std::vector<std::string> notes;  // its own, and what was left out of its task
  std::string of;                  // integration: whose work; fix: of which review ("t4")
  std::string trouble;  // of an integration that a model had to mend, in the program's words
  std::vector<std::string> conflicts;  // paths, where it had some
};

enum class CheckState { kPassed, kFailed, kNotRun };
std::string_view to_string(CheckState state);  // "passed", "failed", "not_run"

// An acceptance command, as its last run left it: after a merge if there was one, since only that
// says something of the whole.
struct CheckLine {
  std::string command;
  CheckState state = CheckState::kNotRun;
  std::string task;     // whose work it was run on, "t4"; not run: who asked for it
  bool merged = false;  // on the merged tree; false: in that task's own worktree
  int runs = 0;         // that are recorded
  int failures = 0;
  std::string detail;  // the end of its output where it failed; why it was not run
};

struct ReviewRound {
  int round = 1;
  TaskId task;
  std::string status;  // "done", "skipped", "pending"
  int findings = 0;
  std::optional<TaskId> fix{};  // the task that was given what is to be mended
  std::string fix_status;
};

// What the prompts of one role held.
struct ContextLine {
  std::string role;                   // "planner", a worker's name, "clean-up"
  std::string model;                  // of the largest prompt
  Tokens largest;                     // prompt of one call, as billed; by estimate where none was
  std::optional<Tokens> window;       // of that model
  Tokens pack;                        // the fullest first prompt, by estimate
  Tokens budget;                      // that it was cut to
  std::vector<std::string> left_out;  // "t3: src/big.cc (lines 400-900)"
};

struct AgentReport {
  RunId run;
  std::string workflow;  // "feature", "run"
  std::string status;    // to_string(RunStatus)
  std::string reason;    // why it is not complete
  std::string request;
  Instant started;
  Millis elapsed;
  std::string approach;     // the planner's
  std::string answer;       // the planner's own, where it did without workers
  std::string base;         // the commit it builds upon
  std::string branch;       // that was asked for; empty: none
  std::string commit;       // that the branch was made at; empty: nothing was delivered
  std::string undelivered;  // why not
  std::vector<FileDelta> changed;
  std::vector<AgentTaskLine> tasks;
  std::vector<CheckLine> checks;
  std::vector<ReviewRound> reviews;
  std::vector<Finding> findings;  // that remain
  std::vector<ContextLine> contexts;
  Tokens repository;                // about what all of it would be; 0: not known
  std::vector<CostLine> by_worker;  // the roles, as above; adds up to cost.total
  CostReport cost;
  // What the known calls would have cost on the deep model by its own count of tokens: the row "all
  // deep" of `baton compare`. None: it has no price.
  std::optional<Money> compared;
  std::vector<std::string> notes;
};

// Text for people. Everything that came from outside is made safe, as in reviews.
std::string to_terminal(const AgentReport& report, const TerminalStyle& style);
std::string to_markdown(const AgentReport& report);
// docs/report.md has every field.
std::string to_json(const AgentReport& report);

}  // namespace baton
