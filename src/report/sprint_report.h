// What came of a sprint, as a value, and its forms: terminal text, Markdown, JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/time.h"
#include "report/review_report.h"

namespace baton {

enum class SprintJobState {
  kWaiting,          // was not started
  kRunning,          // only while the sprint goes on
  kComplete,         // and the next three: as its run ended
  kPartial,          //
  kBudgetExhausted,  //
  kFailed,           //
  kPaused,           // its run can be resumed
  kInterrupted,      // its process died; its run can be resumed
  kRefused,          // its command ended before it had a run
  kSkipped,          // the sprint's budget had too little left for it
};
std::string_view to_string(SprintJobState state);  // "budget_exhausted"; empty behind the last
// Nothing of it is left to do: a sprint that goes on leaves it as it is.
bool is_over(SprintJobState state);
// It has a result, if perhaps with something missing.
bool is_done(SprintJobState state);

struct SprintJobLine {
  std::string name;
  std::string kind;  // "review", "feature", "run"
  std::string repo;
  SprintJobState state = SprintJobState::kWaiting;
  std::string note;  // why it did not get to its end
  RunId run;         // empty: it had none
  Money cost;
  Money unknown;  // the part of `cost` that is booked, not known
  Money cap;      // zero: it was never started, or costs nothing
  Millis worked;
  std::optional<int> files;  // changed or, of a review, reviewed; none: not known
  int tasks = 0;
  int tasks_done = 0;
  std::string branch;  // that holds its result
};

// What sprints are compared by.
struct SprintTotals {
  int jobs = 0;
  int done = 0;
  Money cost;  // of all jobs, done or not
  Money unknown;
  int files_changed = 0;
  Money changing;  // the part of `cost` that is of features and requests
  int files_reviewed = 0;
  Money reviewing;
  Millis worked;  // of all sittings

  // Everything that was spent, by job that is done. None without one.
  std::optional<Money> cost_per_job() const;
  std::optional<Money> cost_per_changed_file() const;
  std::optional<Money> cost_per_reviewed_file() const;
  // That are done, in tenths, rounded down. None if no time has passed.
  std::optional<std::int64_t> tenths_per_hour() const;
  bool operator==(const SprintTotals&) const = default;
};

struct EarlierSprint {
  std::string id;
  Instant began;
  SprintTotals totals;
};

struct SprintReport {
  std::string id;
  std::string name;
  std::string status;  // "complete"; "stopped": it can go on; "partial": a job has no result
  std::string reason;  // why it stopped
  Instant began;
  int sittings = 1;
  int parallel = 1;
  std::optional<int> minutes;
  Money budget;
  std::vector<SprintJobLine> jobs;
  std::vector<CostLine> by_model;  // adds up to the totals' cost
  SprintTotals totals;
  std::vector<EarlierSprint> earlier;  // of this name, the latest first
};

// `worked`: of the sprint, not the sum of its jobs.
SprintTotals totals_of(const std::vector<SprintJobLine>& jobs, Millis worked);

std::string to_terminal(const SprintReport& report, const TerminalStyle& style);
std::string to_markdown(const SprintReport& report);
// docs/sprint.md has every field.
std::string to_json(const SprintReport& report);

}  // namespace baton
