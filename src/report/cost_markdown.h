// The cost part of the Markdown forms.
#pragma once

#include <string>

#include "report/review_report.h"

namespace baton {

// A headline that opens into a table; one line where no model was called.
std::string cost_markdown(const CostReport& cost);

}  // namespace baton
