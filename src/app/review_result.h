// From a run's state and its review to what the user is told.
#pragma once

#include <vector>

#include "app/exit_code.h"
#include "app/settings.h"
#include "core/run_state.h"
#include "report/cost_report.h"
#include "report/review_report.h"
#include "workflow/review.h"

namespace baton {

ReviewReport report_of(const RunState& run, const Review& review, const CostFold& costs,
                       const RunRequest& request, const Tables& tables);

ExitCode exit_code_of(const RunState& run, const ReviewReport& report, const RunRequest& request);

// In the form asked for: "text", "md", "json" or "sarif".
std::string rendered(const ReviewReport& report, const std::string& format,
                     const TerminalStyle& style);

}  // namespace baton
