// Seeds that have broken a promise once, kept for good: simulation/seeds.txt. What a seed means
// changes with the world it is played in, so each also says what was wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulation/faults.h"

namespace baton::sim {

struct KeptSeed {
  std::uint64_t seed = 0;
  FaultSet faults;
  std::string allowed;  // as written: "all", or names with commas
  std::string why;
};

// Lines of "SEED FAULTS WHY"; '#' begins a comment. kInput, naming the line, for any other.
Result<std::vector<KeptSeed>> read_kept_seeds(std::string_view text);

}  // namespace baton::sim
