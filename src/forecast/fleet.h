// FleetPlan: described work, and what it costs by the price list. No model is called for it.
//
// A fleet file (TOML) describes the agents of one run:
//
//   title = "Review fleet"
//   shared_context = 50_000        # every call of every agent begins with these tokens
//   cache = "staggered"            # "off" (default), "staggered", "at once"
//   cache_ttl = "5m"               # or "1h"
//   [[agent]]
//   name = "reviewers"
//   count = 4
//   model = "fast"                 # a tier, or a model's id
//   role = "worker"                # or "orchestrator"
//   turns = 20                     # calls of its tool loop
//   prefix = 15_000                # its own, sent with every turn
//   growth = 4_000                 # what each turn adds to the prompt of the next
//   input = 0                      # further prompt tokens of the run, over all turns; never cached
//   output = 30_000                # of the run, over all turns
//   checked_percent = 40           # this share of its work is done by checkers, at no cost
//   batch = true
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/tokens.h"
#include "catalog/catalog.h"
#include "catalog/usage.h"
#include "core/tier.h"
#include "prompt/prompt.h"

namespace baton {

// How the agents of one model come to share what is cached. Caches are per model, and an entry can
// be read only once the first answer to it has begun.
enum class CacheUse {
  kOff,
  kStaggered,  // the first agent of a model writes the shared context, the others read it
  kAtOnce,     // all agents start together: each writes it for itself
};

// Tokens counted by one model's tokenizer, as another's counts them. Rounded up.
struct TokenScale {
  int from_percent = 100;
  int to_percent = 100;

  Tokens operator()(Tokens tokens) const {
    return Tokens((tokens.count() * to_percent + from_percent - 1) / from_percent);
  }
  bool operator==(const TokenScale&) const = default;
};

// Token counts are of one agent in one run, by its own model's tokenizer.
struct FleetAgent {
  std::string name;
  int count = 1;
  Role role = Role::kWorker;
  std::string model;         // its id; empty in a file that names a tier
  std::optional<Tier> tier;  // none: a model of no tier
  int turns = 1;
  Tokens prefix;
  Tokens growth;
  Tokens input;
  Tokens output;
  int checked_percent = 0;
  bool batch = false;
  TokenScale scale{};  // of the model it is priced on, against the one its tokens are counted by

  bool operator==(const FleetAgent&) const = default;
};

struct FleetPlan {
  std::string title;
  Tokens shared_context;
  CacheUse cache = CacheUse::kOff;
  CacheTtl ttl = CacheTtl::k5Minutes;
  std::vector<FleetAgent> agents;

  bool operator==(const FleetPlan&) const = default;
};

// kInput with `name`, line, column and key for anything that is not of the form above, unknown keys
// included.
Result<FleetPlan> parse_fleet(std::string_view toml, std::string_view name);

// The fleet with a model's id for every tier that is named, and the tier of every id that is a
// tier's model.
FleetPlan with_models(FleetPlan fleet, const TierModels& models);

struct FleetCost {
  Money total;
  Money orchestrators;  // the part of `total` that plans and judges
  std::int64_t calls = 0;
  Usage usage;
  std::set<std::string> notes;  // what the figure does not show: calls that fit no window, …
};

// What one run costs by the prices of `date`. Each turn is billed as a call of its own, by the
// price step its prompt reaches. With a cache, a turn is billed as
//   - a read of what an earlier turn of the same agent had marked, or (staggered) an earlier agent
//     of the same model;
//   - a write of the rest of what it marks: the shared context, and in a loop its whole prompt but
//     `input`; where that is below the model's minimum, nothing is cached.
// What checkers do falls away from the agents' whole bill, rounded up to a picodollar. kUsage if a
// model is unknown or has no price on that day, or the sum is beyond any price.
// Requires: every agent has its model's id (see with_models).
Result<FleetCost> price_fleet(const FleetPlan& fleet, const Catalog& catalog,
                              std::string_view date);

}  // namespace baton
