// One command in its sandbox, from its start until nothing of it is left.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "sandbox/sandbox.h"

namespace baton {

// As Sandbox::run(), with `options` for bubblewrap in the place of those that belong to the job.
Result<SandboxEnd> run_contained(const std::filesystem::path& bubblewrap, const SandboxJob& job,
                                 const std::vector<std::string>& options,
                                 const Cancellation* cancel);

}  // namespace baton
