#include "core/tool_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace baton {
namespace {

struct Standstill {
  int same = 1;     // rounds in a row like the last one, it included
  int no_news = 0;  // in a row without news
  int failed = 0;   // in a row in which every call failed
};

bool all_failed(const ToolRound& round) {
  return !round.calls.empty() && std::all_of(round.calls.begin(), round.calls.end(),
                                             [](const ToolRecord& call) { return call.failed; });
}

Standstill standstill(const std::vector<ToolRound>& rounds) {
  Standstill now;
  std::set<std::pair<std::string, std::string>> seen;
  std::set<std::string> workspaces = {""};
  const ToolRound* before = nullptr;
  for (const ToolRound& round : rounds) {
    bool news = workspaces.insert(round.workspace).second && before != nullptr;
    for (const ToolRecord& call : round.calls) news |= seen.emplace(call.call, call.outcome).second;
    now.same = before != nullptr && *before == round ? now.same + 1 : 1;
    now.no_news = news ? 0 : now.no_news + 1;
    now.failed = all_failed(round) ? now.failed + 1 : 0;
    before = &round;
  }
  return now;
}

std::string names_of(const ToolRound& round) {
  std::string names;
  for (const ToolRecord& call : round.calls)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", call.name);
  return names;
}

}  // namespace

std::string no_progress(const std::vector<ToolRound>& rounds) {
  const Standstill now = standstill(rounds);
  if (now.same >= kSameRounds) {
    return fmt::format("it made the same call {} times in a row, with the same result ({})",
                       now.same, names_of(rounds.back()));
  }
  if (now.no_news >= kRoundsWithoutNews)
    return fmt::format("{} turns in a row changed nothing and found nothing new", now.no_news);
  if (now.failed >= kFailedRounds)
    return fmt::format("every tool call of {} turns in a row failed", now.failed);
  return {};
}

namespace {

std::string progress_warning(const std::vector<ToolRound>& rounds) {
  const Standstill now = standstill(rounds);
  if (now.same + 1 >= kSameRounds && now.same > 1)
    return "You made this very call before and it gave this very result. Do something else, or "
           "finish with what you have.";
  if (now.no_news + 1 >= kRoundsWithoutNews)
    return "Your last turns changed nothing and found nothing new. Do something else, or finish "
           "with what you have.";
  if (now.failed + 1 >= kFailedRounds)
    return "All your calls have failed for a while. Read what they say, or finish with what you "
           "have.";
  return {};
}

}  // namespace

std::string words_beside_results(const Task& task, const ToolRound& round) {
  std::vector<ToolRound> rounds = task.rounds;
  rounds.push_back(round);
  std::string words = progress_warning(rounds);
  if (!task.spec.limits.turns) return words;
  const std::int64_t left =
      *task.spec.limits.turns - static_cast<std::int64_t>(task.turns.size()) - 1;
  if (left <= 0 || left > kFewTurns) return words;
  return words + fmt::format("{}{} turn{} left: call finish with what you have.",
                             words.empty() ? "" : " ", left, left == 1 ? "" : "s");
}

}  // namespace baton
