// What a review is likely to cost, from the size of the change alone: no call is made for it. A
// likely figure, not a bound: the bound is what the budget reserves.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "change/change.h"
#include "core/tier.h"
#include "workflow/task_types.h"

namespace baton {

struct TypeEstimate {
  std::string type;
  Tier tier = Tier::kFast;
  Money cost;
};

struct ReviewEstimate {
  Money plan;
  std::vector<TypeEstimate> work;  // one task of every worker type
  Money report;

  Money total() const;
};

// A model without a price on `date` counts as nothing: its calls will be refused.
ReviewEstimate estimate_review(const Change& change, const TaskTypes& types,
                               const TierModels& models, const Catalog& catalog,
                               std::string_view date);

}  // namespace baton
