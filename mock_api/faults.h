// Which request fails and how: the same seed and request number always give the same fault.
#pragma once

#include <cstdint>
#include <optional>

#include "mock_api/options.h"

namespace baton::mock_api {

enum class Fault { kNone, k429, k500, k529, kCut, kOverloaded, kMalformed, kLate };

Fault fault_of(const FaultRates& rates, std::uint64_t seed, std::int64_t request);

// What becomes of an item of a batch; both are counted from 1.
enum class ItemFault { kNone, kErrored, kExpired };
ItemFault item_fault_of(const BatchOptions& rates, std::uint64_t seed, std::int64_t batch,
                        std::int64_t item);

// Whether it finds nothing in the cache: hits are best effort there.
bool item_misses_cache(const BatchOptions& rates, std::uint64_t seed, std::int64_t batch,
                       std::int64_t item);

// How far an answer comes before it breaks, in [0, 1).
double break_point(std::uint64_t seed, std::int64_t request);

// The wait before the answer, between the latency's bounds.
Millis latency_of(const Options& options, std::int64_t request);

}  // namespace baton::mock_api
