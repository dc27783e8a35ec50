// The sentences that the terminal text and the Markdown have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/review_report.h"

namespace baton {

// "3 findings: 1 critical, 2 low"; "No findings".
std::string findings_line(const std::vector<Finding>& findings);
// "2 findings were dropped because they cite … (1 no such line)". Requires: some were dropped.
std::string dropped_line(const ReviewReport& report);
// "budget_exhausted" as people read it: "budget exhausted".
std::string status_words(std::string_view status);
// With its first letter in upper case, where that is one of a to z.
std::string capital(std::string_view word);

}  // namespace baton
