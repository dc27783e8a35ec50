// What became of the acceptance commands of a run of agents.
#pragma once

#include <vector>

#include "core/run_state.h"
#include "report/agent_report.h"
#include "workflow/agents.h"

namespace baton {

// One line for each command, in the order they were first asked for.
std::vector<CheckLine> checks_of(const RunState& run, const Agents& agents);

}  // namespace baton
