// Paths of a workspace as somebody wrote them: checked before the kernel sees them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

// `path` without "./", doubled and trailing slashes; "" is the workspace itself. kInput if it is
// absolute, goes upwards, names `.git` or cannot be a path.
Result<std::string> workspace_path(std::string_view path);

// Whether a file system might take this name for ".git": by letter case, by dots and spaces behind
// it, by characters it ignores, or as the short name of Windows.
bool is_git_name(std::string_view name);

}  // namespace baton
