#include "core/step.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "core/decisions.h"

namespace baton {
namespace {

// Whether the planner, or whoever else names the tasks, has not named all of them.
bool is_planning(const RunState& run) {
  return run.tasks.empty() || (!run.tasks.front().ended() && !run.planned);
}

// The planner's end closes its plan, and the last end of a task that may bring others: what there
// is so far is all there will be.
Decision close_plan(const RunState& run, Instant now) {
  if (run.plan_closed || is_planning(run) || run.to_follow > 0) return std::nullopt;
  return PlanClosed{now};
}

// ---- what starts next ----

bool has_a_free_hand(const RunState& run, Lane lane) {
  return lane != Lane::kWorker || run.workers_running < run.created.parallel;
}

// The first of the tasks it builds upon that was skipped.
const Task* missing(const RunState& run, const Task& task) {
  for (const TaskId id : task.spec.needs) {
    if (run.task(id).skipped) return &run.task(id);
  }
  return nullptr;
}

Event start(const RunState& run, const Task& task, const Rules& rules, Instant now) {
  const TaskId id = task.spec.id;
  if (const Task* needed = missing(run, task)) {
    return TaskSkipped{now, id, SkipReason::kNeeded,
                       fmt::format("{} {}, which it builds upon, was skipped",
                                   needed->spec.id.to_string(), needed->spec.type)};
  }
  if (task.spec.checkers_first && !task.checked) return CheckersStarted{now, id};
  if (!task.turns.empty()) return TurnStarted{now, id, static_cast<int>(task.turns.size()) + 1, {}};
  const bool own_model = !task.spec.model.empty() && task.tier == task.spec.tier;
  return AttemptStarted{now,
                        id,
                        task.attempts + 1,
                        task.tier,
                        own_model ? task.spec.model : rules.models[task.tier],
                        task.max_output,
                        task.effort};
}

bool waits_for_approval(const RunState& run, const Task& task) {
  const std::vector<std::string>& gates = run.created.gates;
  if (gates.empty() || task.spec.gate.empty()) return false;
  if (std::find(gates.begin(), gates.end(), task.spec.gate) == gates.end()) return false;
  const auto answer = run.approved.find(task.spec.gate);
  return answer == run.approved.end() || !answer->second;
}

// What sums up has begun and been put back in line, perhaps, before there was more to sum up.
bool may_start(const RunState& run, const Task& task) {
  if (task.spec.last && run.ended + 1 != static_cast<int>(run.tasks.size())) return false;
  if (waits_for_approval(run, task)) return false;
  return has_a_free_hand(run, lane_of(task.spec));
}

Decision start_due(const RunState& run, const Rules& rules, Instant now) {
  for (const auto& [due, id] : run.backing_off) {
    if (now < due) return std::nullopt;
    const Task& task = run.task(id);
    if (may_start(run, task)) return start(run, task, rules, now);
  }
  return std::nullopt;
}

Decision decide_start(const RunState& run, const Rules& rules, Instant now) {
  if (Decision d = start_due(run, rules, now)) return d;
  for (const auto& [lane, tasks] : run.ready) {
    if (!has_a_free_hand(run, lane)) continue;
    for (const TaskId id : tasks) {
      if (may_start(run, run.task(id))) return start(run, run.task(id), rules, now);
    }
  }
  return std::nullopt;
}

// Whether something that has begun will still bring tasks.
bool may_grow(const RunState& run) {
  return is_planning(run) || std::any_of(run.tasks.begin(), run.tasks.end(), [](const Task& task) {
           return task.spec.leads && task.ended() && !task.followed;
         });
}

// Once nothing else goes on, so that what is asked about is all there.
Decision decide_gate(const RunState& run, Instant now) {
  if (run.created.gates.empty() || run.running > 0 || !run.backing_off.empty() || may_grow(run))
    return std::nullopt;
  for (const auto& [lane, tasks] : run.ready) {
    for (const TaskId id : tasks) {
      const Task& task = run.task(id);
      if (!waits_for_approval(run, task)) continue;
      const auto answer = run.approved.find(task.spec.gate);
      if (answer != run.approved.end()) {
        return TaskSkipped{now, id, SkipReason::kDeclined,
                           fmt::format("the {} was not approved of", task.spec.gate)};
      }
      if (!run.asked.contains(task.spec.gate)) return ApprovalAsked{now, task.spec.gate};
    }
  }
  return std::nullopt;
}

bool time_is_over(const RunState& run, Instant now) {
  const std::optional<Millis> wall = run.created.limits.wall;
  return wall && now >= run.created.at + *wall;
}

// Workers that have not begun when the run's time is over. What is in flight ends, and what sums
// up goes on: it makes the work that is paid for worth it.
Decision decide_time_limit(const RunState& run, Instant now) {
  if (!time_is_over(run, now)) return std::nullopt;
  const auto skip = [&](TaskId id) {
    return TaskSkipped{now, id, SkipReason::kLimit,
                       fmt::format("the run's {} were over (--max-minutes)",
                                   duration_text(*run.created.limits.wall))};
  };
  for (const auto& [lane, tasks] : run.ready) {
    if (lane != Lane::kOrchestrator && !tasks.empty()) return skip(*tasks.begin());
  }
  const auto is_worker = [&](TaskId id) { return run.task(id).spec.role == Role::kWorker; };
  for (const TaskId id : run.prepared) {
    if (is_worker(id)) return skip(id);
  }
  for (const auto& [due, id] : run.backing_off) {
    if (is_worker(id)) return skip(id);
  }
  return std::nullopt;
}

// Everything that can join has joined: what else would start has started, what was refused together
// has backed off, and what waits for money waits for these.
bool all_there(const RunState& run) {
  return run.plan_closed && run.batch_joining == 0 && run.day.asked == Money();
}

// Whatever goes on waits for what these hold, the plan itself perhaps; or nothing else goes on, and
// the plan is open for what these may lead to.
bool others_wait_for_batch(const RunState& run) {
  const std::size_t waiting = run.prepared.size() + run.open_calls.size();
  const bool any_to_come = run.prepared.empty() && (!run.backing_off.empty() || may_grow(run));
  return !any_to_come && run.running == static_cast<int>(waiting) &&
         run.live_calls() == run.unbatched.size() && run.day.asked == Money();
}

// The provider takes 256 MB at a time; a bound on a call's input is one on its bytes.
constexpr Tokens kMostBatchedInput(240'000'000);

Decision decide_batch(const RunState& run, const Rules& rules, Instant now) {
  const bool full = run.unbatched.size() >= rules.most_batched;
  if (run.unbatched.empty()) return std::nullopt;
  if (!full && !all_there(run) && !others_wait_for_batch(run)) return std::nullopt;
  BatchFormed batch;
  batch.at = now;
  batch.batch = BatchId(run.batches_formed + 1);
  Tokens input;
  for (const CallId id : run.unbatched) {
    if (batch.calls.size() == rules.most_batched) break;
    input += run.task(run.open_calls.at(id).task).prepared->input_bound;
    if (input > kMostBatchedInput && !batch.calls.empty()) break;
    batch.calls.push_back(id);
  }
  return batch;
}

CallEnded unsent(CallId call, std::string message, Instant now) {
  CallEnded end;
  end.at = now;
  end.call = call;
  end.bill = BillState::kNotBilled;
  end.failure = FailureKind::kCancelled;
  end.message = std::move(message);
  return end;
}

// A batch that is still to be formed when nothing may be started any more.
Decision dissolve_batch(const RunState& run, Instant now) {
  const bool over = run.stopping || run.halt || time_is_over(run, now);
  if (!over || run.unbatched.empty()) return std::nullopt;
  return unsent(*run.unbatched.begin(), "the run stopped before its batch was sent", now);
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

Event ended(const RunState& run, RunStatus status, std::string reason, Instant now) {
  return RunEnded{now, status, std::move(reason), run.day.day, run.day.used};
}

Decision decide_end(const RunState& run, Instant now) {
  if (run.plan_closed && run.ended == static_cast<int>(run.tasks.size())) {
    const RunStatus outcome = outcome_of(run);
    return ended(run, outcome, outcome_reason(run, outcome), now);
  }
  // Calls in flight are being paid for; checkers cost nothing and begin again. A batch is collected
  // by whoever resumes the run.
  if ((!run.stopping && !run.halt) || run.live_calls() != 0) return std::nullopt;
  return ended(run, RunStatus::kPaused, run.halt ? run.halt->reason : run.stop_reason, now);
}

Decision next_decision(const RunState& run, const Rules& rules, Instant now) {
  if (run.status != RunStatus::kRunning) return std::nullopt;
  if (Decision d = decide_ended(run, rules, now)) return d;
  if (Decision d = close_plan(run, now)) return d;
  if (Decision d = dissolve_batch(run, now)) return d;
  if (!run.stopping && !run.halt) {
    if (Decision d = decide_time_limit(run, now)) return d;
    if (Decision d = decide_prepared(run, rules, now)) return d;
    if (Decision d = decide_start(run, rules, now)) return d;
    if (Decision d = decide_batch(run, rules, now)) return d;
    if (Decision d = decide_gate(run, now)) return d;
  }
  return decide_end(run, now);
}

void take(RunState& run, Event event, std::vector<Event>& events) {
  evolve(run, event);
  events.push_back(std::move(event));
}

void decide_all(RunState& run, const Rules& rules, Instant now, std::vector<Event>& events) {
  while (Decision decision = next_decision(run, rules, now)) {
    if (const auto* reserved = std::get_if<CallReserved>(&*decision))
      take_place(run, *reserved, rules, now);
    take(run, std::move(*decision), events);
  }
}

// The process before cannot tell any more how its calls ended. What is in a batch is asked for
// again; what only waited for one was never sent.
void write_off_open_calls(RunState& run, Instant now, std::vector<Event>& events) {
  std::vector<CallEnded> ends;
  for (const auto& [id, call] : run.open_calls) {
    if (run.batches.contains(call.in)) continue;
    CallEnded end = unsent(id, "the process ended before its batch was sent", now);
    if (!call.batch) {
      end.bill = BillState::kUnknown;
      end.charge = call.hold;
      end.message = "the process ended before the answer was recorded; booked at its worst case";
    }
    ends.push_back(std::move(end));
  }
  for (CallEnded& end : ends) take(run, std::move(end), events);
}

// The exact bill, or nothing if the pinned sheet is gone from the catalogue: then the hold stands
// for it.
std::optional<Money> priced(const OpenCall& call, const Usage& usage, const Catalog& catalog) {
  const Model* model = catalog.find(call.model);
  const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(call.price_date);
  if (sheet == nullptr || sheet->valid_from != call.price_date) return std::nullopt;
  return sheet->bill(usage, call.batch ? Service::kBatch : Service::kStandard);
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

std::vector<Event> park(RunState& run, std::string why, Instant now, const Rules& rules) {
  std::vector<Event> events;
  take(run, RunResumed{now}, events);
  write_off_open_calls(run, now, events);
  take(run, StopRequested{now, std::move(why)}, events);
  decide_all(run, rules, now, events);
  return events;
}

std::vector<Event> tick(RunState& run, Instant now, const Rules& rules) {
  std::vector<Event> events;
  decide_all(run, rules, now, events);
  return events;
}

std::optional<Instant> next_wake(const RunState& run, const Rules& rules, Instant now) {
  if (run.status != RunStatus::kRunning || run.stopping || run.halt) return std::nullopt;
  // Time has gone on since the last fact, and something may have become due in between.
  if (next_decision(run, rules, now)) return now;
  std::optional<Instant> next = next_admission(run, rules, now);
  const auto sooner = [&](Instant at) {
    if (!next || at < *next) next = at;
  };
  // What was due before waits for a free hand, and a call's end gives it one.
  const auto due = std::find_if(run.backing_off.begin(), run.backing_off.end(),
                                [&](const auto& waiting) { return now < waiting.first; });
  if (due != run.backing_off.end()) sooner(due->first);
  if (const auto wall = run.created.limits.wall; wall && now < run.created.at + *wall)
    sooner(run.created.at + *wall);
  return next;
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
