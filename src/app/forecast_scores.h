// `baton cost --forecast`: how good the forecasts of runs have been.
#pragma once

#include <string>

#include "app/commands.h"
#include "base/result.h"

namespace baton {

// Of one run, or of all that the options leave. kUsage for a form it does not have.
Result<std::string> forecast_scores_text(const CostOptions& options);

}  // namespace baton
