// What step() is made of: for each concern, the next decision it would make, or none. For the .cc
// files of core/ only.
#pragma once

#include <optional>

#include "core/event.h"
#include "core/rules.h"
#include "core/run_state.h"

namespace baton {

using Decision = std::optional<Event>;

// after_call.cc: what becomes of a task whose call or checkers have ended.
Decision decide_ended(const RunState& run, const Rules& rules, Instant now);
Event escalate_or_skip(const Task& task, const Rules& rules, SkipReason skip, std::string reason,
                       Instant now);

// admission.cc: which prepared call may be sent, and with how much output.
Decision decide_prepared(const RunState& run, const Rules& rules, Instant now);
// What is reserved counts against the provider's limits at once: others are admitted before it has
// been sent.
void take_place(const RunState& run, const CallReserved& reserved, const Rules& rules, Instant now);
// When a prepared call that waits for something other than an end is to be looked at again.
std::optional<Instant> next_admission(const RunState& run, const Rules& rules, Instant now);

}  // namespace baton
