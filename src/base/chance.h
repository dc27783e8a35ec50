// Chance with a seed: the same seed and the same purpose give the same number, on every machine.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton {

// One well-mixed 64-bit number from a seed and a counter (splitmix64).
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// A fraction in [0, 1).
constexpr double fraction(std::uint64_t mixed) {
  return static_cast<double>(mixed >> 11) * 0x1.0p-53;
}

}  // namespace baton
