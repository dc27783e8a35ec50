// The context pack of an agent's task: what its prompt shows of the repository and of other tasks,
// cut to a budget of tokens by these rules, in this order:
//
//   1. what must be there (the task itself) always is;
//   2. the rest in the order of its worth: what was written for the task (findings, conflicts,
//      failed commands), then named line ranges, then whole named files, then results of tasks it
//      depends on, then facts;
//   3. what does not fit whole is cut at a line where it is a file or a diff, and left out
//      otherwise; what was left out is told to the worker, who can read the rest with its tools,
//      and to the report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/tokens.h"

namespace baton {

struct PackPart {
  std::string title;  // "### src/a.cc (lines 10-40 of 200)"
  std::string text;
  bool must = false;
  bool cuttable = false;  // at a line

  bool operator==(const PackPart&) const = default;
};

struct PackReport {
  Tokens used;  // by estimate, what was taken before included
  Tokens budget;
  std::vector<std::string> left_out;  // titles, with how much of them
  bool operator==(const PackReport&) const = default;
};

struct Pack {
  std::string text;
  PackReport report;
};

// `parts` in the order of their worth. `taken`: tokens of the prompt that are not the pack's
// (system text, tools). Only what must be there can make the pack larger than the budget.
Pack make_pack(const std::vector<PackPart>& parts, Tokens budget, Tokens taken);

// At most that much of it, by whole lines, with a last line that says so where something is cut.
std::string cut_at_line(std::string_view text, Tokens most);

}  // namespace baton
