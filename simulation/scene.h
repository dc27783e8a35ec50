// Scene: what a seed has drawn of a world before anything happens in it.
#pragma once

#include "core/event.h"
#include "core/rules.h"
#include "simulation/dice.h"
#include "simulation/faults.h"
#include "simulation/scripted_work.h"

namespace baton::sim {

struct Scene {
  RunCreated created;
  WorkShape shape;
  Rules rules;
  Instant start;
  bool fleet = false;       // processes on several machines: leases are fenced and lapse
  bool paced = false;       // the provider tells its limits
  bool gateway = false;     // something stands between us and it
  int calm_after = 0;       // things that happen until nothing goes wrong any more
  bool only_gates = false;  // nothing but a gate makes a prepared call wait
};

Scene drawn_scene(std::uint64_t seed, Dice& dice, const Faults& faults);

}  // namespace baton::sim
