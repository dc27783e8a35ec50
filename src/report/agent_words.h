// The sentences that the forms of an agent run's report have in common. Not yet escaped for any of
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/agent_report.h"

namespace baton {

// "Feature: add an option --json".
std::string title_of(const AgentReport& report);
// "complete", "6 tasks", "12m05s".
std::vector<std::string> facts_of(const AgentReport& report);

// "baton/add-json at 1f2e3d4c5b6a, built upon 9a8b7c6d5e4f"; why there is none. Empty: none was
// asked for.
std::string branch_line(const AgentReport& report);
// How to look at the branch; none where there is none. Safe to paste into a shell.
std::vector<std::string> branch_commands(const AgentReport& report);
// "3 files changed, 120 lines added, 7 removed".
std::string changed_line(const std::vector<FileDelta>& changed);

// Work that was done: what a plan named, clean-up and fixes.
std::vector<const AgentTaskLine*> built(const AgentReport& report);
std::vector<const AgentTaskLine*> not_done(const AgentReport& report);
// Integrations that a program could not do.
std::vector<const AgentTaskLine*> conflicted(const AgentReport& report);
// "code-writer, deep, claude-opus-4-7: 1 attempt, 12 turns, 34 tool calls, $0.4213".
std::string by_line(const AgentTaskLine& task);
// "t5, merging t2: conflicts in src/a.cc"; "mended by integrator, deep, …".
std::string conflict_line(const AgentTaskLine& task);
std::string resolution_line(const AgentTaskLine& task);

// "4 checks: 2 passed, 1 failed, 1 not run".
std::string checks_line(const std::vector<CheckLine>& checks);
// "after t4 was merged, 1 of 3 runs failed".
std::string where_line(const CheckLine& check);

// "round 1: t6 found 3 findings; t7 went over them".
std::string round_line(const ReviewRound& round);
// The reviewer's own words on the whole; empty where there are none.
std::string_view verdict_of(const AgentReport& report, const ReviewRound& round);
// What nobody has reviewed: empty, or a sentence.
std::string unreviewed_line(const AgentReport& report);

// "19.1% of 200,000"; "–" where the window is not known.
std::string window_text(const ContextLine& context);
// "31,000 of 40,000"; "–" where there was no pack.
std::string pack_text(const ContextLine& context);
// What one model alone would have had to read; empty where that is not known.
std::string alone_line(const AgentReport& report);

// The cost with a line for each worker in the place of the two roles.
CostReport cost_by_worker(const AgentReport& report);
// None: it says nothing that the cost itself does not say.
std::optional<std::string> compared_line(const AgentReport& report);

}  // namespace baton
