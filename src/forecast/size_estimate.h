// What a review is likely to take, from the size of the change alone: no call is made for it, and
// no run of the past is asked. A likely figure, not a bound: the bound is what the budget reserves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "change/change.h"
#include "core/tier.h"
#include "forecast/forecast_call.h"
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

// The calls of a review with a plan: the plan, one task of every worker type, the report.
// `plan_prompt`: how long the plan's prompt is, where that is known better than from the change.
std::vector<ForecastCall> calls_by_size(const Change& change, const TaskTypes& types,
                                        const TierModels& models, const Catalog& catalog,
                                        std::optional<Tokens> plan_prompt = std::nullopt);

// The one call of a direct review.
ForecastCall direct_call_by_size(Tokens prompt, const std::string& effort, const TaskTypes& types,
                                 const TierModels& models);

// How much longer an answer is at an effort than at the usual "high": an assumption, until the
// project's own runs say better. An unknown word is the usual.
Permille answer_length(std::string_view effort);

}  // namespace baton
