// The caps and limits of a run, as the command line gives them.
#pragma once

#include <string>
#include <vector>

#include "app/settings.h"

namespace baton {

struct CapOptions {
  std::string call, attempt, task, day;  // dollars; empty: none
  std::vector<std::string> worker;       // "TYPE=DOLLARS"
  int max_turns = 0;                     // 0: none, here and below
  std::int64_t max_tokens = 0;
  int max_minutes = 0;
};

// kUsage, naming the option, for an amount that is none. A day's cap that is not given is the one
// of $BATON_DAY_BUDGET, where that is set.
Status read_cap_options(const CapOptions& options, RunRequest& request);

// "--budget 2.50" as an amount.
Result<Money> dollars_of(std::string_view option, const std::string& text);

}  // namespace baton
