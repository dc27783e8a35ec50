// Dice: numbers from a seed, one after the other. A world has one pair of them, so that its seed is
// all there is to know of it.
#pragma once

#include <cstdint>

#include "base/chance.h"

namespace baton::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t draw() { return mix(seed_, drawn_++); }
  // Of 0 … bound - 1. Requires: bound > 0.
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(bound));
  }
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + below(last - first + 1);
  }
  bool one_in(std::int64_t odds) { return below(odds) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
};

}  // namespace baton::sim
