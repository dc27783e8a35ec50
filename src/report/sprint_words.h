// What the forms of a sprint's report have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/sprint_report.h"

namespace baton {

// "2 of 3 jobs done · $0.42 of $5.00 · 3m05s".
std::string headline_of(const SprintReport& report);
// "cost per job", "$0.21", …
std::vector<std::pair<std::string, std::string>> facts_of(const SprintReport& report);
// "4 files changed", "12 files reviewed"; "-" where that is not known.
std::string files_text(const SprintJobLine& job);
// "3/4".
std::string tasks_text(const SprintJobLine& job);

// A model's part: of all that the jobs cost, in percent.
std::string share_text(Money part, Money whole);

// A row of the comparison: the sprint, then the earlier ones, with how this one differs.
struct ComparedRow {
  std::string sprint;  // "this one", or its id
  std::string began;   // a day
  std::string done;    // "2 of 3"
  std::string cost;
  std::string cost_per_job;
  std::string cost_change;  // of this sprint's cost per job from that one's: "-12.5%"
  std::string per_hour;
  std::string speed_change;
};
std::vector<ComparedRow> compared(const SprintReport& report);

}  // namespace baton
