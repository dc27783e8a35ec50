// The hunks of a file in a diff.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/change.h"
#include "change/unified_diff_lines.h"

namespace baton::diff {

// Whether the line begins a hunk, well-formed or not.
bool looks_like_hunk(std::string_view line);

// Reads the hunks that begin here, at least one, and moves behind them. `not_utf8` becomes true if
// a line had to be made readable. kInput if a hunk contradicts its header or the one before it.
Result<std::vector<Hunk>> read_hunks(Lines& lines, bool& not_utf8);

}  // namespace baton::diff
