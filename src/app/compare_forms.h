// The forms of a comparison: text, Markdown, JSON and CSV.
#pragma once

#include <string>

#include "forecast/compare.h"
#include "report/review_report.h"

namespace baton {

struct ComparisonReport {
  std::string what;       // "run r-…", or "fleet: " and its title
  std::string priced_on;  // the day whose prices hold; empty: each call by the day it was made
  int runs_per_month = 30;
  Comparison comparison;
};

// Requires, all: every row's projection can be counted (see check_projections).
std::string comparison_text(const ComparisonReport& report, const TerminalStyle& style);
std::string comparison_markdown(const ComparisonReport& report);
std::string comparison_json(const ComparisonReport& report);
std::string comparison_csv(const ComparisonReport& report);

// kUsage if so many runs a month cost more than can be counted.
Status check_projections(const ComparisonReport& report);

}  // namespace baton
