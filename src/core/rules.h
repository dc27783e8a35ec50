// Rules: what the decisions of a run go by, beside its events. The same rules and the same events
// give the same decisions; the journal keeps the decisions, so a later change of rules changes no
// past.
#pragma once

#include "base/time.h"
#include "base/tokens.h"
#include "catalog/catalog.h"
#include "core/tier.h"

namespace baton {

class Pacer;

struct Rules {
  const Catalog* catalog = nullptr;  // outlives the rules
  TierModels models;

  // A call lowered below this share of what its task asked for, or below the floor, would most
  // likely end truncated: paid for and of no use.
  int useful_output_percent = 25;
  Tokens useful_output_floor{256};

  Millis backoff_first{500};
  Millis backoff_most{8'000};

  // What the provider's limits allow now, learned by the process; null: send at once. Outlives the
  // rules.
  Pacer* pacer = nullptr;

  // Calls that could read a shared prefix wait this long for the one that writes it.
  Millis longest_gate{20'000};
  // Runs elsewhere write and read the same prefixes: the fleet is asked who writes one.
  bool shared_prefixes = false;
  // How long after the first answer that another writes it the fleet is asked again, doubled each
  // time.
  Millis prefix_look{250};
  Millis longest_prefix_look{4'000};
  // Not more than this goes into one batch.
  std::size_t most_batched = 10'000;
  // What is asked of the day's cap at a time, in worst cases of one call.
  std::int64_t allotment_calls = 8;
};

}  // namespace baton
