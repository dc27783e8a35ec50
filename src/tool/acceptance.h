// Acceptance: the commands that must pass before a task is done, or before its work is merged.
#pragma once

#include <string>
#include <vector>

#include "tool/tool.h"

namespace baton {

// One after the other, until one fails. What is not run, for want of a sandbox or because a person
// did not allow it, has not passed and is none that fails. kSystem: the sandbox could not run it.
Result<std::vector<CommandCheck>> run_acceptance(const ToolSite& site,
                                                 const std::vector<std::string>& commands);

}  // namespace baton
