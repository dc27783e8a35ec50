// Whether an attempt that uses tools gets anywhere: from what was asked and what came back, by
// hash, and from what the workspace has become. A round is the tools of one turn.
//
// News is: a workspace that was not like this before, or a result that was not seen before.
#pragma once

#include <string>
#include <vector>

#include "core/run_state.h"

namespace baton {

inline constexpr int kSameRounds = 3;         // in a row, to be called a loop
inline constexpr int kRoundsWithoutNews = 5;  // in a row, to be called no progress
inline constexpr int kFailedRounds = 8;       // in a row in which no tool did what it was asked to

// Turns that are left when the model is told to come to an end.
inline constexpr std::int64_t kFewTurns = 3;

// Why the attempt is given up: it repeats itself, or comes to nothing new. Empty: it may go on.
std::string no_progress(const std::vector<ToolRound>& rounds);

// What the model is told beside the results of `round`, which is the task's latest: that it would
// be given up before long, or that few turns are left. Empty: nothing.
std::string words_beside_results(const Task& task, const ToolRound& round);

}  // namespace baton
