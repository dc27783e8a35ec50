// The cost part of the terminal forms.
#pragma once

#include <string>

#include "report/review_report.h"

namespace baton {

enum class CostDetail { kSummary, kByTask };
// Lines that begin with "Cost"; each ends with "\n".
std::string cost_text(const CostReport& cost, const TerminalStyle& style, CostDetail detail);

}  // namespace baton
