// One finding in the forms of reports.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "change/finding.h"
#include "report/review_report.h"

namespace baton {

// Begins with a blank line.
std::string finding_to_terminal(const Finding& finding, const TerminalStyle& style);
// Begins with a heading of the fourth level, ends with a blank line.
std::string finding_to_markdown(const Finding& finding);
boost::json::object finding_to_json(const Finding& finding);

}  // namespace baton
