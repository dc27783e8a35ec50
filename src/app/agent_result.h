// From a run of agents to what the user is told.
#pragma once

#include <string>
#include <vector>

#include "app/exit_code.h"
#include "app/settings.h"
#include "core/run_state.h"
#include "report/agent_report.h"
#include "report/cost_report.h"
#include "workflow/agents.h"

namespace baton {

// `events`: the run's whole journal. `changed`: what its head changes against its base.
AgentReport report_of(const RunState& run, const std::vector<Event>& events, const Agents& agents,
                      const CostFold& costs, const RunRequest& request, const Tables& tables,
                      std::vector<FileDelta> changed);

// What a person did not approve of counts as stopped on request: `resume --retry` asks again.
ExitCode exit_code_of(const RunState& run, const AgentReport& report);

// In the form asked for: "text", "md" or "json".
std::string rendered(const AgentReport& report, const std::string& format,
                     const TerminalStyle& style);

}  // namespace baton
