// How a workspace opens what is in it. For workspace*.cc only.
#pragma once

#include <string>

#include "tool/workspace.h"

namespace baton {

// As openat(), with the kernel's promise that nothing outside and no link was taken; -1 with errno
// (ELOOP: a link, EXDEV: outside). "" is the workspace itself.
int open_beneath(int workspace, const std::string& path, int flags);

WorkspaceEntry::Kind kind_of_mode(unsigned mode);

}  // namespace baton
