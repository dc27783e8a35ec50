// Rules: what the decisions of a run go by, beside its events. The same rules and the same events
// give the same decisions; the journal keeps the decisions, so a later change of rules changes no
// past.
#pragma once

#include <array>
#include <string>

#include "base/time.h"
#include "base/tokens.h"
#include "catalog/catalog.h"
#include "core/call_outcome.h"
#include "core/event.h"
#include "core/tier.h"

namespace baton {

struct Rules {
  const Catalog* catalog = nullptr;   // outlives the rules
  std::array<std::string, 4> models;  // by Tier; kLocal stays empty

  const std::string& model(Tier tier) const { return models[static_cast<std::size_t>(tier)]; }

  // A call lowered below this share of what its task asked for, or below the floor, would most
  // likely end truncated: paid for and of no use.
  int useful_output_percent = 25;
  Tokens useful_output_floor{256};

  Millis backoff_first{500};
  Millis backoff_most{8'000};
};

// What becomes of a task whose call brought no usable answer. A table, see next_move.cc.
enum class NextMove { kRetry, kRetryWithMoreOutput, kEscalate, kHaltRun, kTryAgainLater };

// `attempts` on this tier so far, the failed one included. kTryAgainLater: the attempt does not
// count.
NextMove next_move(const CallEnded& end, int attempts);

// When to try again: doubling from `backoff_first` to `backoff_most` with jitter drawn from
// `chance`, never before what the provider asked for.
Millis backoff(const CallEnded& end, int attempts, const Rules& rules, std::uint64_t chance);

}  // namespace baton
