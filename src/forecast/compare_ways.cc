#include "forecast/compare_ways.h"

#include <fmt/format.h>

namespace baton {
namespace {

std::string all_of(const TierModels& models) {
  return fmt::format("{}, {}, {}", models[Tier::kFast], models[Tier::kBalanced],
                     models[Tier::kDeep]);
}

Otherwise everything_on(std::string name, const std::string& model) {
  return {.name = std::move(name), .detail = model, .model = [model](Role, std::optional<Tier>) {
            return model;
          }};
}

Otherwise workers_on(std::string name, const std::string& model) {
  return {
      .name = std::move(name), .detail = model, .model = [model](Role role, std::optional<Tier>) {
        return role == Role::kWorker ? model : std::string();
      }};
}

Otherwise tiers_on(std::string name, const TierModels& models) {
  return {.name = std::move(name),
          .detail = all_of(models),
          .model = [models](Role, std::optional<Tier> tier) {
            return tier ? models[*tier] : std::string();
          }};
}

}  // namespace

std::vector<Otherwise> ways_to_price(const CompareAsk& ask, bool caches) {
  std::vector<Otherwise> ways = {everything_on("all deep", ask.models[Tier::kDeep]),
                                 workers_on("balanced workers", ask.models[Tier::kBalanced]),
                                 workers_on("fast workers", ask.models[Tier::kFast]),
                                 {.name = "no cache", .cache = CacheUse::kOff}};
  if (caches) {
    ways.push_back({.name = "cache, staggered", .cache = CacheUse::kStaggered});
    ways.push_back({.name = "cache, all at once", .cache = CacheUse::kAtOnce});
  }
  ways.push_back({.name = "workers in batches", .batch_workers = true});
  ways.push_back(tiers_on("5.5 models", ask.newer));
  if (ask.chosen) ways.push_back(tiers_on("chosen models", ask.models));
  return ways;
}

std::string tokenizer_note(const Model& from, const Model& to) {
  if (from.tokenizer_percent == to.tokenizer_percent) return {};
  return fmt::format("token counts do not transfer: {} tokens of {} are taken as {} of {}",
                     from.tokenizer_percent, from.id, to.tokenizer_percent, to.id);
}

}  // namespace baton
