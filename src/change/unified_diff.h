// Reads a unified diff as git, diff -u and patch tools write it.
//
// Known: "diff --git" headers with quoted paths, new/deleted/renamed/copied files, mode changes,
// "Binary files differ", "GIT binary patch", submodule lines (mode 160000, "Subproject commit"),
// "\ No newline at end of file", CRLF, "a/" and "b/" prefixes or none, text before the first header
// (a mail or a commit message; it becomes the description).
#pragma once

#include <string_view>

#include "base/result.h"
#include "change/change.h"

namespace baton {

// kInput with the line number if the text is not a unified diff or a hunk contradicts its header.
// An empty text is a Change without files. Files that are binary or submodules come back as
// skipped.
Result<Change> parse_unified_diff(std::string_view text);

}  // namespace baton
