// What a run cost, folded from its journal. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "core/event.h"
#include "report/review_report.h"

namespace baton {

// Every call that may have been billed counts: settled ones with their bill, unknown ones with what
// was booked for them, and those whose end the journal does not have (the run is still going, or
// was interrupted) with what is set aside for them, as unknown.
//
// `all_deep` prices each call's tokens on `deep_model`, by the sheet valid on the day of the call.
// It stays zero if the catalogue has no such model, or no price of it on one of those days.
CostReport cost_of(const std::vector<Event>& events, const Catalog& catalog,
                   std::string_view deep_model);

}  // namespace baton
