// Rules: what the decisions of a run go by, beside its events. The same rules and the same events
// give the same decisions; the journal keeps the decisions, so a later change of rules changes no
// past.
#pragma once

#include "base/time.h"
#include "base/tokens.h"
#include "catalog/catalog.h"
#include "core/tier.h"

namespace baton {

struct Rules {
  const Catalog* catalog = nullptr;  // outlives the rules
  TierModels models;

  // A call lowered below this share of what its task asked for, or below the floor, would most
  // likely end truncated: paid for and of no use.
  int useful_output_percent = 25;
  Tokens useful_output_floor{256};

  Millis backoff_first{500};
  Millis backoff_most{8'000};
};

}  // namespace baton
