// What becomes of a task whose call brought no usable answer. A table, see next_move.cc.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "core/event.h"
#include "core/rules.h"

namespace baton {

enum class NextMove { kRetry, kRetryWithMoreOutput, kEscalate, kHaltRun, kTryAgainLater };

// `attempts` on this tier so far, the failed one included. kTryAgainLater: the attempt does not
// count.
NextMove next_move(const CallEnded& end, int attempts);

// When to try again: doubling from `backoff_first` to `backoff_most` with jitter drawn from
// `chance`, never before what the provider asked for.
Millis backoff(const CallEnded& end, int attempts, const Rules& rules, std::uint64_t chance);

}  // namespace baton
