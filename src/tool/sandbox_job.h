// Commands of tools in the sandbox.
#pragma once

#include <string>
#include <vector>

#include "tool/tool.h"

namespace baton {

// Requires: site.sandbox.
Result<SandboxEnd> run_in_sandbox(const ToolSite& site, std::vector<std::string> argv,
                                  Millis limit);

// Whether it ended by itself, with code 0.
bool passed(const SandboxEnd& end);
// "ended with code 1", "took longer than it may and was stopped after 2m00s".
std::string ending_of(const SandboxEnd& end);

}  // namespace baton
