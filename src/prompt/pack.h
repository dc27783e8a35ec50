// Context packs: just the lines a task needs, numbered as the new side numbers them, so that an
// answer can cite them.
//
//   ### src/a.cc (lines 10-12 of 200)
//      10|  int x;
//      11|+ int y;          added by the change
//        |- int z;          removed by it
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "change/change.h"

namespace baton {

// The hunks of one changed file; of a tree's file, all its lines.
std::string render_hunks(const ChangedFile& file);

// The new side's lines in `ranges` (all of it if empty), with what the change added and removed
// among them. Of a file known only by its hunks, what they show of the ranges.
std::string render_lines(const ChangedFile& file, const std::vector<LineRange>& ranges);

// All files' hunks up to `limit` bytes, whole files only, in order; the others are named with their
// sizes.
std::string render_change(const Change& change, std::size_t limit);

}  // namespace baton
