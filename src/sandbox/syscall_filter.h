// The system calls a sandboxed program has, as programs for the kernel's seccomp.
//
// Two filters, of which the stricter answer counts: one names every call there is, so that what a
// newer kernel adds is not there until somebody has thought about it; the other forbids uses of
// calls that are needed otherwise (a namespace by clone, a keystroke by ioctl, a socket that leads
// out of the network namespace).
#pragma once

#include <string>

#include "base/result.h"

namespace baton {

struct SyscallFilters {
  std::string calls;
  std::string uses;
};

// Made once. kSystem if libseccomp cannot make them for this machine.
const Result<SyscallFilters>& syscall_filters();

}  // namespace baton
