// What becomes of a task whose call or checkers have ended.
#include <fmt/format.h>

#include <algorithm>

#include "base/chance.h"
#include "core/decisions.h"
#include "core/next_move.h"
#include "core/tool_loop.h"

namespace baton {
namespace {

Tier tier_above(Tier tier) {
  switch (tier) {
    case Tier::kLocal:
      return Tier::kFast;
    case Tier::kFast:
      return Tier::kBalanced;
    case Tier::kBalanced:
    case Tier::kDeep:
      return Tier::kDeep;
  }
  __builtin_unreachable();
}

std::string what_came_back(const CallEnded& end) {
  if (!end.message.empty()) return end.message;
  if (end.failure) return std::string(to_string(*end.failure));
  return fmt::format("the answer was {}", to_string(end.verdict));
}

// The next step up, where the model was asked for less than its most.
std::string harder(const std::string& effort) {
  if (effort == "low") return "medium";
  if (effort == "medium") return "high";
  return effort;
}

Event retry(const RunState& run, const Task& task, const CallEnded& end, const Rules& rules,
            Instant now) {
  const std::uint64_t chance =
      mix(run.created.seed, static_cast<std::uint64_t>(task.spec.id.number()) * 1024 +
                                static_cast<std::uint64_t>(task.attempts));
  RetryScheduled again;
  again.at = again.not_before = now;
  again.task = task.spec.id;
  again.max_output = task.max_output;
  again.effort = task.effort;
  again.reason = what_came_back(end);
  if (end.failure) {
    // The call failed, not the answer: the same one again.
    again.not_before = now + backoff(end, task.tries, rules, chance);
    again.keeps_turns = true;
  } else {
    again.effort = harder(task.effort);
  }
  return again;
}

Event retry_with_more_output(const Task& task, const CallEnded& end, const Rules& rules,
                             Instant now) {
  const Model* model = rules.catalog->find(task.model);
  const Tokens most = model == nullptr ? task.max_output : model->max_output;
  const Tokens doubled = std::min(task.max_output + task.max_output, most);
  if (doubled <= task.max_output) {
    return escalate_or_skip(task, rules, SkipReason::kFailed, what_came_back(end), now);
  }
  RetryScheduled again;
  again.at = again.not_before = now;
  again.task = task.spec.id;
  again.max_output = doubled;
  again.keeps_turns = !task.turns.empty();
  again.effort = task.effort;
  again.reason = what_came_back(end);
  return again;
}

// The task keeps its place: once the run is resumed, it starts again.
Event try_again_later(const Task& task, const CallEnded& end, Instant now) {
  RetryScheduled again;
  again.at = again.not_before = now;
  again.task = task.spec.id;
  again.max_output = task.max_output;
  again.counted = false;
  again.keeps_turns = true;
  again.effort = task.effort;
  again.reason = what_came_back(end);
  return again;
}

// A bad answer is shown to the model once, with what is wrong with it: that costs less than to
// begin anew, and mends most of them.
bool goes_on(const Task& task, const CallEnded& end) {
  if (end.failure || end.reply.empty()) return false;
  return end.verdict == Verdict::kContinue || end.verdict == Verdict::kTools ||
         (end.verdict == Verdict::kInvalid && !task.repaired);
}

// The limit that another turn of the attempt would pass; empty: none.
std::string limit_reached(const RunState& run, const Task& task, Instant now) {
  const auto turns = static_cast<std::int64_t>(task.turns.size()) + 1;
  const Limits& own = task.spec.limits;
  if (run.created.limits.turns && turns >= *run.created.limits.turns)
    return fmt::format("not done after {} turns (--max-turns)", turns);
  if (own.turns && turns >= *own.turns) return fmt::format("not done after {} turns", turns);
  if (own.tokens && task.attempt_tokens >= *own.tokens) {
    return fmt::format("not done after {} tokens, and an attempt may take {}",
                       task.attempt_tokens.count(), own.tokens->count());
  }
  if (own.wall && now - task.attempt_since >= *own.wall)
    return fmt::format("not done after {}", duration_text(*own.wall));
  return {};
}

Event next_turn(const RunState& run, const Task& task, const CallEnded& end, const Rules& rules,
                Instant now) {
  if (std::string limit = limit_reached(run, task, now); !limit.empty())
    return escalate_or_skip(task, rules, SkipReason::kLimit, std::move(limit), now);
  if (std::string stuck = no_progress(task.rounds); !stuck.empty())
    return escalate_or_skip(task, rules, SkipReason::kFailed, std::move(stuck), now);
  return TurnStarted{now, task.spec.id, static_cast<int>(task.turns.size()) + 2,
                     end.verdict == Verdict::kInvalid ? what_came_back(end) : std::string()};
}

Event after_call(const RunState& run, const Task& task, const Rules& rules, Instant now) {
  const CallEnded& end = *task.last_end;
  if (!end.failure && end.verdict == Verdict::kAccepted)
    return TaskFinished{now, task.spec.id, end.answer};
  if (!task.tool_result.empty()) return TaskFinished{now, task.spec.id, task.tool_result};
  if (end.verdict == Verdict::kTools && end.reply.empty()) return ToolsStarted{now, task.spec.id};
  if (goes_on(task, end)) return next_turn(run, task, end, rules, now);
  // A failure and a cut answer have the same call made again; a bad answer begins the attempt anew.
  const bool same_call = end.failure || end.verdict == Verdict::kTruncated;
  switch (next_move(end, same_call ? task.tries : task.attempts_here)) {
    case NextMove::kRetry:
      return retry(run, task, end, rules, now);
    case NextMove::kRetryWithMoreOutput:
      return retry_with_more_output(task, end, rules, now);
    case NextMove::kEscalate: {
      const bool too_large = end.failure == FailureKind::kTooLarge;
      return escalate_or_skip(task, rules, too_large ? SkipReason::kTooLarge : SkipReason::kFailed,
                              what_came_back(end), now);
    }
    case NextMove::kHaltRun:
      if (!run.halt)
        return RunHalted{now, end.failure.value_or(FailureKind::kThrottled), what_came_back(end)};
      [[fallthrough]];
    case NextMove::kTryAgainLater:
      return try_again_later(task, end, now);
  }
  __builtin_unreachable();
}

}  // namespace

Event escalate_or_skip(const Task& task, const Rules& rules, SkipReason skip, std::string reason,
                       Instant now) {
  Tier next = tier_above(task.tier);
  // A tier that is the same model under another name would only fail again.
  while (next != Tier::kDeep && rules.models[next] == rules.models[task.tier])
    next = tier_above(next);
  const bool higher = task.tier != Tier::kDeep && rules.models[next] != rules.models[task.tier];
  if (higher) return Escalated{now, task.spec.id, task.tier, next, std::move(reason)};
  return TaskSkipped{now, task.spec.id, skip, std::move(reason)};
}

Decision decide_ended(const RunState& run, const Rules& rules, Instant now) {
  if (run.overbilled && !run.halt) return RunHalted{now, FailureKind::kOverbilled, *run.overbilled};
  if (run.deciding.empty()) return std::nullopt;
  const Task& task = run.task(run.deciding.front());
  if (task.last_end) return after_call(run, task, rules, now);
  if (task.covered) return TaskFinished{now, task.spec.id, {}};
  return TaskSkipped{now, task.spec.id, SkipReason::kFailed,
                     task.note};  // and there is no model to go to
}

}  // namespace baton
