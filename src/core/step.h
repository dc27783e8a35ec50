// step: facts come in; decisions come out, already applied. Every policy of a run is decided here,
// without clock, dice or I/O: time arrives inside the fact.
//
//   for (const Event& event : step(run, fact, rules)) journal it; once durable, carry it out
#pragma once

#include <string>
#include <vector>

#include "core/event.h"
#include "core/rules.h"
#include "core/run_state.h"

namespace baton {

// The fact first, then what was decided upon it, in the order to be journaled and carried out.
// Requires: contradiction(run, fact) is empty.
std::vector<Event> step(RunState& run, Event fact, const Rules& rules);

// What pauses a run that this process cannot go on with: as resumed and stopped at once, nothing
// begun in between. Requires: contradiction(run, RunResumed) is empty.
std::vector<Event> park(RunState& run, std::string why, Instant now, const Rules& rules);

// What the passing of time alone decides: tasks whose backoff is over start again.
std::vector<Event> tick(RunState& run, Instant now, const Rules& rules);

// When time alone may decide something: the next tick() is due then. None: only an event can.
std::optional<Instant> next_wake(const RunState& run, const Rules& rules, Instant now);

// The part of a prepared call's prompt that the provider's limits count: what is read from the
// cache does not.
Tokens counted_input(const RunState& run, const CallPrepared& prepared, Instant now);

// How a call's end is booked: the exact bill by the sheet pinned in its reservation, nothing where
// that is proven, and otherwise the worst case (of what message_start left open, if it came).
// Requires: `call` is open.
CallEnded booked_end(const RunState& run, CallId call, const CallOutcome& outcome, Verdict verdict,
                     BlobId answer, const Catalog& catalog, Instant at);

}  // namespace baton
