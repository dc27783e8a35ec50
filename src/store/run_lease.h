// leases/RUN: a file that is locked (flock) by the process that drives the run and holds its pid.
// The kernel lets go of the lock when the process ends, however it dies.
#pragma once

#include <filesystem>
#include <memory>

#include "store/journal.h"

namespace baton {

// kBusy, naming the process, if another holder has it: in this process or any other.
Result<std::unique_ptr<RunLease>> lock_run(const std::filesystem::path& leases, const RunId& run);

}  // namespace baton
