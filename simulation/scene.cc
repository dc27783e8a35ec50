#include "simulation/scene.h"

#include "simulation/prices.h"

namespace baton::sim {
namespace {

constexpr Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z

// Tenths of a cent.
Money milli(std::int64_t count) {
  return Money::pico(count * 1'000'000'000);
}

RunCreated drawn_run(std::uint64_t seed, Instant start, Dice& dice) {
  RunCreated created;
  created.at = start;
  created.run = "r-simulation";
  created.workflow = "simulation";
  created.project = "simulation";
  created.seed = seed;
  created.parallel = static_cast<int>(dice.between(1, 4));
  const auto maybe = [&dice](std::int64_t odds, std::int64_t least, std::int64_t most) {
    return dice.one_in(odds) ? std::optional(milli(dice.between(least, most))) : std::nullopt;
  };
  if (!dice.one_in(3)) created.budget = milli(dice.below(400));
  if (dice.one_in(3)) {
    created.caps.call = maybe(3, 5, 80);
    created.caps.attempt = maybe(3, 5, 120);
    created.caps.task = maybe(3, 5, 200);
    if (const auto cap = maybe(2, 5, 200)) created.caps.worker["naming_convention_check"] = *cap;
  }
  created.caps.day = maybe(4, 0, 400);
  if (dice.one_in(6)) created.limits.turns = dice.between(1, 3);
  if (dice.one_in(8)) created.limits.tokens = Tokens(dice.below(60'000));
  if (dice.one_in(8)) created.limits.wall = Millis(dice.below(600'000));
  return created;
}

Rules drawn_rules(Dice& dice) {
  Rules rules;
  rules.catalog = &first_catalog();
  rules.models = {"small", "small", "large"};
  if (dice.one_in(3)) rules.models = {"small", "large", "large"};
  if (dice.one_in(6)) rules.models = {"small", "small", "small"};
  rules.longest_gate = Millis(dice.between(100, 20'000));
  rules.most_batched = static_cast<std::size_t>(dice.between(1, 4));
  rules.allotment_calls = dice.between(1, 8);
  return rules;
}

}  // namespace

Scene drawn_scene(std::uint64_t seed, Dice& dice, const Faults& faults) {
  Scene scene;
  scene.start = kNoon + Millis(dice.below(24 * 3'600'000));
  scene.shape = drawn_shape(seed);
  scene.created = drawn_run(seed, scene.start, dice);
  // Where money and limits make nobody wait, what else makes them wait shows.
  const bool unlimited = dice.one_in(4);
  if (unlimited) {
    scene.created.budget.reset();
    scene.created.caps = {};
    scene.created.limits = {};
  }
  scene.rules = drawn_rules(dice);
  scene.fleet = dice.one_in(3);
  scene.paced = !unlimited && dice.one_in(3);
  scene.gateway = dice.one_in(8);
  scene.calm_after = static_cast<int>(dice.between(20, 200));
  if (scene.shape.gates) scene.created.gates = {"merge"};
  scene.rules.shared_prefixes = scene.fleet;
  const RunCreated& run = scene.created;
  scene.only_gates = !run.budget && run.caps == Caps() && run.limits == Limits() && !scene.paced &&
                     !faults.is_drawn(Fault::kStall) && !faults.is_drawn(Fault::kClock);
  return scene;
}

}  // namespace baton::sim
