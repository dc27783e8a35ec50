#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "forecast/compare.h"
#include "forecast/compare_ways.h"

namespace baton {
namespace {

// `agent` on the model called `id`, its tokens counted by that model's tokenizer. A model that the
// catalogue does not have is refused when it is priced.
void move_to(FleetAgent& agent, const std::string& id, const CompareAsk& ask,
             const Catalog& catalog, std::set<std::string>& notes) {
  const Model* from = catalog.find(agent.model);
  const Model* to = catalog.find(id);
  agent.model = id;
  if (from == nullptr || to == nullptr || ask.same_tokens) return;
  agent.scale = {.from_percent = from->tokenizer_percent, .to_percent = to->tokenizer_percent};
  if (std::string note = tokenizer_note(*from, *to); !note.empty()) notes.insert(std::move(note));
}

FleetPlan otherwise(FleetPlan fleet, const Otherwise& way, const CompareAsk& ask,
                    const Catalog& catalog, std::set<std::string>& notes) {
  if (way.cache) fleet.cache = *way.cache;
  for (FleetAgent& agent : fleet.agents) {
    if (way.batch_workers && agent.role == Role::kWorker) agent.batch = true;
    if (!way.model) continue;
    const std::string id = way.model(agent.role, agent.tier);
    if (!id.empty()) {
      move_to(agent, id, ask, catalog, notes);
    } else if (!agent.tier) {
      notes.insert(fmt::format("{} is the model of no tier: '{}' leaves it as it is", agent.model,
                               way.name));
    }
  }
  return fleet;
}

bool has_something_to_cache(const FleetPlan& fleet) {
  return fleet.shared_context > Tokens() ||
         std::any_of(fleet.agents.begin(), fleet.agents.end(), [](const FleetAgent& agent) {
           return agent.turns > 1 && agent.prefix + agent.growth > Tokens();
         });
}

}  // namespace

Result<Comparison> compare_fleet(const FleetPlan& fleet, const CompareAsk& ask,
                                 const Catalog& catalog, const std::string& date) {
  const Result<FleetCost> base = price_fleet(fleet, catalog, date);
  if (!base) return base.error();
  Comparison comparison;
  comparison.rows.push_back({.name = "as described", .cost = base->total});
  std::set<std::string> notes = base->notes;
  for (const Otherwise& way : ways_to_price(ask, has_something_to_cache(fleet))) {
    const FleetPlan other = otherwise(fleet, way, ask, catalog, notes);
    const Result<FleetCost> cost = price_fleet(other, catalog, date);
    CompareRow row{.name = way.name, .detail = way.detail};
    if (cost) {
      row.cost = cost->total;
      for (const std::string& note : cost->notes) notes.insert(way.name + ": " + note);
    } else {
      row.missing = cost.error().message;
    }
    comparison.rows.push_back(std::move(row));
  }
  if (ask.same_tokens) notes.insert(std::string(kSameTokensNote));
  comparison.notes.assign(notes.begin(), notes.end());
  return comparison;
}

}  // namespace baton
