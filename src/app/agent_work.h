// The work of a run of agents.
#pragma once

#include "app/agent_run.h"
#include "app/run_work.h"

namespace baton {

bool asks_for(const std::vector<std::string>& gates, std::string_view gate);

// kUsage if each command is to be approved of and there is no terminal to ask on.
Status check_approver(const std::vector<std::string>& gates);

// The sandbox of this process, attacked once; none, and the user told why, where no command can be
// run.
std::optional<Sandbox> open_sandbox();

Result<std::unique_ptr<RunWork>> agent_work(const WorkSite& site, const RunId& run,
                                            AgentInput input, std::optional<Sandbox> sandbox,
                                            std::unique_ptr<Memory> memory, bool asks);

}  // namespace baton
