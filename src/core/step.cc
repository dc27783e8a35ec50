#include "core/step.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/chance.h"
#include "base/check.h"
#include "core/next_move.h"

namespace baton {
namespace {

using Decision = std::optional<Event>;

// ---- what becomes of a task whose call or checkers have ended ----

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

std::string what_came_back(const CallEnded& end) {
  if (!end.message.empty()) return end.message;
  if (end.failure) return std::string(to_string(*end.failure));
  return fmt::format("the answer was {}", to_string(end.verdict));
}

Event retry(const RunState& run, const Task& task, const CallEnded& end, const Rules& rules,
            Instant now) {
  const std::uint64_t chance =
      mix(run.created.seed, static_cast<std::uint64_t>(task.spec.id.number()) * 1024 +
                                static_cast<std::uint64_t>(task.attempts));
  const Instant not_before =
      end.failure ? now + backoff(end, task.attempts_here, rules, chance) : now;
  return RetryScheduled{now, task.spec.id, not_before, task.max_output, true, what_came_back(end)};
}

Event retry_with_more_output(const Task& task, const CallEnded& end, const Rules& rules,
                             Instant now) {
  const Model* model = rules.catalog->find(task.model);
  const Tokens most = model == nullptr ? task.max_output : model->max_output;
  const Tokens doubled = std::min(task.max_output + task.max_output, most);
  if (doubled <= task.max_output) {
    return escalate_or_skip(task, rules, SkipReason::kFailed, what_came_back(end), now);
  }
  return RetryScheduled{now, task.spec.id, now, doubled, true, what_came_back(end)};
}

Event after_call(const RunState& run, const Task& task, const Rules& rules, Instant now) {
  const CallEnded& end = *task.last_end;
  if (!end.failure && end.verdict == Verdict::kAccepted)
    return TaskFinished{now, task.spec.id, end.answer};
  switch (next_move(end, task.attempts_here)) {
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
    // The task keeps its place: once the run is resumed, it starts again.
    case NextMove::kTryAgainLater:
      return RetryScheduled{now, task.spec.id, now, task.max_output, false, what_came_back(end)};
  }
  __builtin_unreachable();
}

Decision decide_ended(const RunState& run, const Rules& rules, Instant now) {
  if (run.deciding.empty()) return std::nullopt;
  const Task& task = run.task(run.deciding.front());
  if (task.last_end) return after_call(run, task, rules, now);
  if (task.covered) return TaskFinished{now, task.spec.id, {}};
  return TaskSkipped{now, task.spec.id, SkipReason::kFailed,
                     task.note};  // and there is no model to go to
}

// The planner's end closes its plan: what it named so far is all there will be.
Decision close_plan(const RunState& run, Instant now) {
  if (run.plan_closed || run.tasks.empty() || !run.tasks.front().ended()) return std::nullopt;
  return PlanClosed{now};
}

// ---- money: whose worst case fits ----

Money worst_case(const PriceSheet& sheet, const CallPrepared& prepared, Tokens output) {
  return sheet.worst_case(
      prepared.input_bound, output,
      prepared.cache_marked ? PriceSheet::Cache::kMarked : PriceSheet::Cache::kUnused);
}

Event reserve(const RunState& run, const Task& task, const PriceSheet& sheet, Tokens output,
              Instant now) {
  return CallReserved{now,
                      CallId(run.calls + 1),
                      task.spec.id,
                      task.model,
                      output,
                      worst_case(sheet, *task.prepared, output),
                      sheet.valid_from};
}

// The most output whose worst case still fits; zero if not even the input does.
Tokens affordable_output(const RunState& run, const PriceSheet& sheet, const CallPrepared& prepared,
                         Tokens wanted) {
  std::int64_t fits = 0;
  std::int64_t too_much = wanted.count() + 1;
  while (too_much - fits > 1) {
    const std::int64_t middle = fits + (too_much - fits) / 2;
    (run.budget.fits(worst_case(sheet, prepared, Tokens(middle))) ? fits : too_much) = middle;
  }
  return Tokens(fits);
}

Decision reserve_or_wait(const RunState& run, const Task& task, const PriceSheet& sheet,
                         Tokens wanted, const Rules& rules, Instant now) {
  const Money worst = worst_case(sheet, *task.prepared, wanted);
  if (run.budget.fits(worst)) return reserve(run, task, sheet, wanted, now);
  // Each call in flight will most likely cost less than was set aside for it.
  if (!run.open_calls.empty()) return std::nullopt;

  const Tokens affordable = affordable_output(run, sheet, *task.prepared, wanted);
  const Tokens useful = std::max(rules.useful_output_floor,
                                 Tokens(wanted.count() * rules.useful_output_percent / 100));
  if (affordable >= std::min(useful, wanted)) return reserve(run, task, sheet, affordable, now);
  return TaskSkipped{
      now, task.spec.id, SkipReason::kBudget,
      fmt::format("one call can cost up to {}, and {} of the budget are left", worst.to_display(),
                  run.budget.available().value_or(Money()).to_display())};
}

// First come, first served: a small call must not starve a large one that has waited longer.
Decision decide_prepared(const RunState& run, const Rules& rules, Instant now) {
  if (run.prepared.empty()) return std::nullopt;
  const Task& task = run.task(run.prepared.front());
  const Model* model = rules.catalog->find(task.model);
  const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(date_of(now));
  if (sheet == nullptr) {
    return escalate_or_skip(
        task, rules, SkipReason::kNoPrice,
        fmt::format("model '{}' has no price on {}, and what has no price is not called; "
                    "add it to a prices file (--prices)",
                    task.model, date_of(now)),
        now);
  }
  const Tokens wanted = std::min(task.max_output, model->max_output);
  if (task.prepared->input_estimate + wanted > model->context_window) {
    return escalate_or_skip(
        task, rules, SkipReason::kTooLarge,
        fmt::format("its context of about {} tokens does not fit the window of {}",
                    task.prepared->input_estimate.count(), task.model),
        now);
  }
  return reserve_or_wait(run, task, *sheet, wanted, rules, now);
}

// ---- what starts next ----

bool has_a_free_hand(const RunState& run, Role role) {
  return role == Role::kOrchestrator || run.workers_running < run.created.parallel;
}

Event start(const Task& task, const Rules& rules, Instant now) {
  const TaskId id = task.spec.id;
  if (task.spec.checkers_first && !task.checked) return CheckersStarted{now, id};
  return AttemptStarted{
      now, id, task.attempts + 1, task.tier, rules.models[task.tier], task.max_output};
}

// Siblings of a call that was told to wait would only be told the same. (There is always one that
// backs off until then, whose end is the next time to look.)
bool is_throttled(const RunState& run, const Task& task, const Rules& rules, Instant now) {
  if (task.spec.checkers_first && !task.checked) return false;
  const auto until = run.throttled_until.find(rules.models[task.tier]);
  return until != run.throttled_until.end() && now < until->second && !run.backing_off.empty();
}

// A run of thousands does not look at all of them each time.
constexpr int kMostLookedAt = 256;

Decision start_one_of(const RunState& run, Role role, const Rules& rules, Instant now) {
  const auto ready = run.ready.find(role);
  if (ready == run.ready.end() || !has_a_free_hand(run, role)) return std::nullopt;
  int looked_at = 0;
  for (const TaskId id : ready->second) {
    const Task& task = run.task(id);
    if (!is_throttled(run, task, rules, now)) return start(task, rules, now);
    if (++looked_at == kMostLookedAt) break;
  }
  return std::nullopt;
}

Decision decide_start(const RunState& run, const Rules& rules, Instant now) {
  if (!run.backing_off.empty() && run.backing_off.begin()->first <= now) {
    const Task& task = run.task(run.backing_off.begin()->second);
    if (has_a_free_hand(run, task.spec.role)) return start(task, rules, now);
  }
  if (Decision d = start_one_of(run, Role::kOrchestrator, rules, now)) return d;
  return start_one_of(run, Role::kWorker, rules, now);
}

// ---- the end ----

RunStatus outcome_of(const RunState& run) {
  bool missing = false;
  bool for_budget = false;
  bool any_done = false;
  for (const Task& task : run.tasks) {
    missing |= task.skipped.has_value();
    for_budget |= task.skipped == SkipReason::kBudget;
    any_done |= task.status == TaskStatus::kDone;
  }
  if (for_budget) return RunStatus::kBudgetExhausted;
  if (!missing) return RunStatus::kComplete;
  const Task& first = run.tasks.front();
  const bool no_plan = first.skipped && first.spec.role == Role::kOrchestrator;
  return !any_done || no_plan ? RunStatus::kFailed : RunStatus::kPartial;
}

// The first missing task; where the budget is to blame, the first that it kept from being done.
std::string outcome_reason(const RunState& run, RunStatus outcome) {
  const bool budget = outcome == RunStatus::kBudgetExhausted;
  const auto shown = std::find_if(run.tasks.begin(), run.tasks.end(), [&](const Task& task) {
    return budget ? task.skipped == SkipReason::kBudget : task.skipped.has_value();
  });
  if (shown == run.tasks.end()) return {};
  return fmt::format("{} {}: {}", shown->spec.id.to_string(), shown->spec.type, shown->note);
}

Decision decide_end(const RunState& run, Instant now) {
  if (run.plan_closed && run.ended == static_cast<int>(run.tasks.size())) {
    const RunStatus outcome = outcome_of(run);
    return RunEnded{now, outcome, outcome_reason(run, outcome)};
  }
  // Calls in flight are being paid for; checkers cost nothing and begin again.
  if ((!run.stopping && !run.halt) || !run.open_calls.empty()) return std::nullopt;
  return RunEnded{now, RunStatus::kPaused, run.halt ? run.halt->reason : "stopped on request"};
}

Decision next_decision(const RunState& run, const Rules& rules, Instant now) {
  if (run.status != RunStatus::kRunning) return std::nullopt;
  if (Decision d = decide_ended(run, rules, now)) return d;
  if (Decision d = close_plan(run, now)) return d;
  if (!run.stopping && !run.halt) {
    if (Decision d = decide_prepared(run, rules, now)) return d;
    if (Decision d = decide_start(run, rules, now)) return d;
  }
  return decide_end(run, now);
}

void take(RunState& run, Event event, std::vector<Event>& events) {
  evolve(run, event);
  events.push_back(std::move(event));
}

void decide_all(RunState& run, const Rules& rules, Instant now, std::vector<Event>& events) {
  while (Decision decision = next_decision(run, rules, now))
    take(run, std::move(*decision), events);
}

// The process before cannot tell any more how its calls ended.
void write_off_open_calls(RunState& run, Instant now, std::vector<Event>& events) {
  while (!run.open_calls.empty()) {
    const auto& [id, call] = *run.open_calls.begin();
    CallEnded end;
    end.at = now;
    end.call = id;
    end.bill = BillState::kUnknown;
    end.charge = call.hold;
    end.failure = FailureKind::kCancelled;
    end.message = "the process ended before the answer was recorded; booked at its worst case";
    take(run, end, events);
  }
}

// The exact bill, or nothing if the pinned sheet is gone from the catalogue: then the hold stands
// for it.
std::optional<Money> priced(const OpenCall& call, const Usage& usage, const Catalog& catalog) {
  const Model* model = catalog.find(call.model);
  const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(call.price_date);
  if (sheet == nullptr || sheet->valid_from != call.price_date) return std::nullopt;
  return sheet->bill(usage);
}

}  // namespace

std::vector<Event> step(RunState& run, Event fact, const Rules& rules) {
  if (const auto wrong = contradiction(run, fact)) check_failed(wrong->c_str(), __FILE__, __LINE__);
  const Instant now = at_of(fact);
  const bool resumed = std::holds_alternative<RunResumed>(fact);
  std::vector<Event> events;
  take(run, std::move(fact), events);
  if (resumed) write_off_open_calls(run, now, events);
  decide_all(run, rules, now, events);
  return events;
}

std::vector<Event> tick(RunState& run, Instant now, const Rules& rules) {
  std::vector<Event> events;
  decide_all(run, rules, now, events);
  return events;
}

CallEnded booked_end(const RunState& run, CallId id, const CallOutcome& outcome, Verdict verdict,
                     BlobId answer, const Catalog& catalog, Instant at) {
  const OpenCall& call = run.open_calls.at(id);
  CallEnded end;
  end.at = at;
  end.call = id;
  if (const auto* settled = std::get_if<CallSettled>(&outcome)) {
    end.charge = priced(call, settled->usage, catalog).value_or(call.hold);
    end.usage = settled->usage;
    end.verdict = verdict;
    end.answer = std::move(answer);
    end.request_id = settled->request_id;
  } else if (const auto* not_billed = std::get_if<CallNotBilled>(&outcome)) {
    end.bill = BillState::kNotBilled;
    end.failure = not_billed->kind;
    end.message = not_billed->message;
    end.http_status = not_billed->http_status;
    end.retry_after = not_billed->retry_after;
    end.request_id = not_billed->request_id;
  } else {
    const auto& unknown = std::get<CallUnknown>(outcome);
    end.bill = BillState::kUnknown;
    end.charge = call.hold;
    end.failure = unknown.kind;
    end.message = unknown.message;
    end.request_id = unknown.request_id;
    if (unknown.seen) {
      // The input side is a fact; of the output, all that it may have produced.
      Usage most = *unknown.seen;
      most.output = call.max_output;
      end.usage = *unknown.seen;
      end.charge = priced(call, most, catalog).value_or(call.hold);
    }
  }
  return end;
}

}  // namespace baton
