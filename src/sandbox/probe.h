// The probe: real attacks from inside a sandbox, on bait outside of it; and the same attacks with
// no sandbox around them, which must come through, or the probe would prove nothing.
#pragma once

#include <vector>

#include "base/result.h"
#include "sandbox/sandbox.h"

namespace baton {

// kSystem if the sandbox does not start, if an attack came through, or if one could not be seen to
// come through where nothing holds it.
Result<std::vector<ProbeResult>> probe(const Sandbox& sandbox);

}  // namespace baton
