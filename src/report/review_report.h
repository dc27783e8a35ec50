// A review's result as a value, and its forms: terminal text, Markdown, JSON, SARIF.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/time.h"
#include "base/tokens.h"
#include "catalog/usage.h"
#include "change/change.h"
#include "change/finding.h"
#include "core/event.h"

namespace baton {

struct CostLine {
  std::string name;  // a role, a model, a task
  int calls = 0;
  Usage usage;
  Money charged;
};

// What a run cost and what it would have cost. All exact.
struct CostReport {
  Money total;    // settled + booked at worst case
  Money unknown;  // the part of `total` that is booked, not known
  int unknown_calls = 0;
  std::optional<Money> budget;
  std::optional<Money> estimate;
  Money all_deep;  // the same tokens (of known bills), every one at the deep model's price
  std::string deep_model;
  int calls = 0;
  int retries = 0;  // attempts after a task's first
  Money wasted;     // the part of `total` that went into attempts that were not accepted
  int escalations = 0;
  Usage usage;
  std::vector<CostLine> by_role;  // "orchestrator", "workers"
  std::vector<CostLine> by_model;
  std::vector<CostLine> by_task;  // "t3 naming_convention_check"

  // (all_deep − known) / all_deep, where known is total − unknown, in percent with one decimal,
  // rounded down; 0 if nothing was spent.
  double saved_percent() const;
  // cache reads / whole prompt, in percent with one decimal.
  double cached_percent() const;
};

struct TaskLine {
  TaskId id;
  std::string type;
  std::string title;  // what it looked for, in a few words
  Role role = Role::kWorker;
  std::string tier;    // the tier that ended it: "local", "fast", …
  std::string model;   // or the checkers' names
  std::string status;  // "done", "skipped", "pending"
  int attempts = 0;
  std::string note;  // why it was escalated or skipped
  int findings = 0;
};

// A kind of task no checker could do and no model was there for, with what it would have cost.
struct LeftToModels {
  std::string type;
  std::string tier;
  Money estimate;
};

struct ReviewReport {
  RunId run;
  std::string status;  // to_string(RunStatus)
  std::string reason;  // why it is not complete
  std::string title;
  Instant started;
  Millis elapsed;
  std::string summary;            // the synthesis in words; empty if merged by program
  bool synthesised = false;       // by a model; false: merged by program
  std::vector<Finding> findings;  // ranked
  std::vector<TaskLine> tasks;
  std::vector<TaskLine> missing;  // tasks that failed or were skipped
  std::vector<LeftToModels> left_to_models;
  int dropped_findings = 0;    // cited a line that is not there or was not reviewed
  std::string dropped_detail;  // "2 outside what was reviewed, 1 no such line"
  int files_reviewed = 0;
  int lines_added = 0;
  std::vector<SkippedFile> skipped;
  std::vector<std::string> notes;
  CostReport cost;
};

struct TerminalStyle {
  bool color = false;
  int width = 100;
};

// Text for people. Everything that came from outside is made safe: control characters for
// terminals, HTML and Markdown for Markdown.
std::string to_terminal(const ReviewReport& report, const TerminalStyle& style);
std::string to_markdown(const ReviewReport& report);
// {"run_id", "status", "findings":[…], "tasks":[…], "cost":{…}, …}; amounts are exact decimal
// strings. docs/report.md has every field.
std::string to_json(const ReviewReport& report);
// SARIF 2.1.0, as code hosts read it.
std::string to_sarif(const ReviewReport& report);

// `baton cost`: the cost part alone.
std::string cost_to_terminal(const RunId& run, const CostReport& cost, const TerminalStyle& style);
std::string cost_to_json(const RunId& run, const CostReport& cost);

}  // namespace baton
