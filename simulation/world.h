// World: one seed's life of one run: its processes one after the other, or two at a time, the
// store, the provider and its users, and everything that goes wrong with them.
//
//   play(options, coverage) ─► Outcome: the promise that was broken, or none
//
// The same seed and the same faults give the same life, on every machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simulation/coverage.h"
#include "simulation/faults.h"

namespace baton::sim {

struct WorldOptions {
  std::uint64_t seed = 0;
  FaultSet faults = FaultSet().set();
  std::function<void(const std::string& line)> trace;  // what happens, line by line
};

struct Outcome {
  std::string broken;  // promise; empty: all were kept
  int happenings = 0;
  int processes = 0;
  int requests = 0;  // that the provider saw
  std::size_t events = 0;
};

Outcome play(const WorldOptions& options, Coverage& coverage);

}  // namespace baton::sim
