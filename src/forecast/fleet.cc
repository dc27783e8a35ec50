#include "forecast/fleet.h"

#include <fmt/format.h>

#include <algorithm>

#include "forecast/fleet_math.h"
#include "forecast/usage_math.h"

namespace baton {
namespace {

// What one call may have at most: any price times it is inside the range of Money.
constexpr Tokens kMostOfACall{100'000'000};

Error too_much(const FleetPlan& fleet) {
  return usage_error(fmt::format(
      "the fleet '{}' costs more than can be counted (about 9 million dollars)", fleet.title));
}

// An even part of what a run has in all: the first turns take what is left over.
Tokens part_of(Tokens all, int turns, int turn) {
  return Tokens(all.count() / turns + (turn < all.count() % turns ? 1 : 0));
}

// The turns of one agent, by the rules its model caches by.
class Turns {
 public:
  Turns(const FleetPlan& fleet, const FleetAgent& agent, const Model& model)
      : fleet_(fleet), agent_(agent), model_(model) {}

  // `shared_is_cached`: an agent before it has written the shared context.
  Usage usage(int turn, bool shared_is_cached) const {
    const Tokens prompt = agent_.scale(layout(turn) + part_of(agent_.input, agent_.turns, turn));
    const Tokens marked = marked_at(turn);
    Tokens read = turn > 0 ? marked_at(turn - 1) : Tokens();
    if (turn == 0 && shared_is_cached) read = shared();
    const Tokens written = Tokens(std::max<std::int64_t>(0, marked.count() - read.count()));
    Usage usage{.input = Tokens(prompt.count() - read.count() - written.count()),
                .cache_read = read,
                .output = agent_.scale(part_of(agent_.output, agent_.turns, turn))};
    (fleet_.ttl == CacheTtl::k1Hour ? usage.cache_write_1h : usage.cache_write_5m) = written;
    return usage;
  }

 private:
  // What the turn's prompt repeats of earlier ones, or has for later ones.
  Tokens layout(int turn) const {
    return fleet_.shared_context + agent_.prefix + Tokens(agent_.growth.count() * turn);
  }
  Tokens shared() const { return cacheable(agent_.scale(fleet_.shared_context)); }
  Tokens marked_at(int turn) const {
    // One call has no later turn to read its own prefix.
    return agent_.turns > 1 ? cacheable(agent_.scale(layout(turn))) : shared();
  }
  Tokens cacheable(Tokens length) const {
    return fleet_.cache == CacheUse::kOff || length < model_.min_cacheable ? Tokens() : length;
  }

  const FleetPlan& fleet_;
  const FleetAgent& agent_;
  const Model& model_;
};

struct AgentCost {
  Money bill;
  Usage usage;
};

void note_limits(std::set<std::string>& notes, const Model& model, const FleetAgent& agent,
                 const Usage& usage) {
  if (usage.prompt() + usage.output > model.context_window) {
    notes.insert(fmt::format("a call of {} has more tokens than the {} that {} takes", agent.name,
                             model.context_window.count(), model.id));
  }
  if (usage.output > model.max_output) {
    notes.insert(fmt::format("a call of {} writes more than the {} tokens that {} writes at most",
                             agent.name, model.max_output.count(), model.id));
  }
}

// One agent, all its turns; none if the sum is beyond any price.
std::optional<AgentCost> cost_of_one(const Turns& turns, const FleetAgent& agent,
                                     const Model& model, const PriceSheet& sheet,
                                     bool shared_is_cached, std::set<std::string>& notes) {
  AgentCost cost;
  for (int turn = 0; turn < agent.turns; ++turn) {
    const Usage usage = turns.usage(turn, shared_is_cached);
    if (usage.prompt() > kMostOfACall || usage.output > kMostOfACall) return std::nullopt;
    note_limits(notes, model, agent, usage);
    const Service service = agent.batch ? Service::kBatch : Service::kStandard;
    const std::optional<Money> sum = sum_of(cost.bill, sheet.bill(usage, service));
    if (!sum) return std::nullopt;
    cost.bill = *sum;
    cost.usage += usage;
  }
  return cost;
}

Usage times_usage(const Usage& usage, std::int64_t count) {
  return each_count(usage, [&](Tokens tokens) { return Tokens(tokens.count() * count); });
}

// All agents of a kind: the first may be the one that writes what the others read.
std::optional<AgentCost> cost_of_all(const AgentCost& first, const AgentCost& other, int count) {
  const std::optional<Money> others = times(other.bill, count - 1);
  const std::optional<Money> bill = others ? sum_of(first.bill, *others) : std::nullopt;
  if (!bill) return std::nullopt;
  AgentCost all{.bill = *bill, .usage = times_usage(other.usage, count - 1)};
  all.usage += first.usage;
  return all;
}

AgentCost left_by_checkers(AgentCost cost, int checked_percent) {
  const auto left = [&](std::int64_t count) { return share_of(count, 100 - checked_percent, 100); };
  cost.usage = each_count(cost.usage, [&](Tokens tokens) { return Tokens(left(tokens.count())); });
  cost.bill = Money::pico(left(cost.bill.picodollars()));
  return cost;
}

void note_batch(std::set<std::string>& notes, const FleetPlan& fleet, const FleetAgent& agent) {
  if (!agent.batch) return;
  if (agent.turns > 1) {
    notes.insert(
        fmt::format("{} would wait for {} batches, one for each turn", agent.name, agent.turns));
  }
  if (fleet.cache != CacheUse::kOff) {
    notes.insert("a batch may miss the cache; it is priced as if every read hit");
  }
}

}  // namespace

FleetPlan with_models(FleetPlan fleet, const TierModels& models) {
  for (FleetAgent& agent : fleet.agents) {
    if (agent.tier) {
      agent.model = models[*agent.tier];
      continue;
    }
    for (const Tier tier : {Tier::kFast, Tier::kBalanced, Tier::kDeep}) {
      if (agent.model == models[tier]) agent.tier = tier;
    }
  }
  return fleet;
}

Result<FleetCost> price_fleet(const FleetPlan& fleet, const Catalog& catalog,
                              std::string_view date) {
  FleetCost cost;
  std::set<std::string_view> written;  // models whose cache has the shared context
  for (const FleetAgent& agent : fleet.agents) {
    const Model* model = catalog.find(agent.model);
    if (model == nullptr) {
      return usage_error(
          fmt::format("{}: there is no model '{}' in the catalogue; `baton models` "
                      "lists them",
                      agent.name, agent.model));
    }
    const PriceSheet* sheet = model->sheet_on(date);
    if (sheet == nullptr) {
      return usage_error(fmt::format("{}: {} has no price on {}; `baton models` lists them",
                                     agent.name, model->id, date));
    }
    const bool staggered = fleet.cache == CacheUse::kStaggered;
    const Turns turns(fleet, agent, *model);
    const auto first = cost_of_one(turns, agent, *model, *sheet,
                                   staggered && written.contains(model->id), cost.notes);
    const auto other = cost_of_one(turns, agent, *model, *sheet, staggered, cost.notes);
    if (!first || !other) return too_much(fleet);
    const auto all = cost_of_all(*first, *other, agent.count);
    if (!all) return too_much(fleet);
    if (agent.checked_percent < 100) written.insert(model->id);

    const AgentCost left = left_by_checkers(*all, agent.checked_percent);
    const std::optional<Money> total = sum_of(cost.total, left.bill);
    if (!total) return too_much(fleet);
    cost.total = *total;
    if (agent.role == Role::kOrchestrator) cost.orchestrators += left.bill;
    cost.usage += left.usage;
    cost.calls +=
        share_of(std::int64_t{agent.count} * agent.turns, 100 - agent.checked_percent, 100);
    note_batch(cost.notes, fleet, agent);
  }
  return cost;
}

}  // namespace baton
