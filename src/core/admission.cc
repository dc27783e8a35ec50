// Which prepared call may be sent, and with how much output: gates of shared prefixes, the
// provider's limits, then money.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/decisions.h"
#include "core/pacer.h"
#include "core/step.h"

namespace baton {
namespace {

// One prepared call, and what is known of its model.
struct Candidate {
  const Task& task;
  const CallPrepared& prepared;
  const Model& model;
  const PriceSheet& sheet;
  Tokens wanted;
  Service service;
};

Money worst_case(const Candidate& c, Tokens output) {
  return c.sheet.worst_case(
      c.prepared.input_bound, output,
      c.prepared.cache_marked ? PriceSheet::Cache::kMarked : PriceSheet::Cache::kUnused, c.service);
}

// ---- gates: who reads a shared prefix waits until it can be read ----

std::optional<Instant> if_later(Instant at, Instant now) {
  return now < at ? std::optional(at) : std::nullopt;
}

// When the fleet may be asked again whether a prefix that another run writes can be read.
Instant next_look(const CacheEntry& prefix, const Rules& rules) {
  const int doubled = std::min(prefix.asks - 1, 10);
  return prefix.told +
         std::min(rules.prefix_look * (std::int64_t{1} << doubled), rules.longest_prefix_look);
}

// Whether the fleet must say first who writes the prefix. However it answers, and whether it does,
// nobody waits for it longer than for a gate.
bool must_ask(const RunState& run, const CallPrepared& prepared, const Rules& rules, Instant now) {
  if (!rules.shared_prefixes || prepared.prefix.empty()) return false;
  const auto found = run.prefixes.find(prepared.prefix);
  if (found == run.prefixes.end()) return true;
  const CacheEntry& prefix = found->second;
  if (now < prefix.readable_until || run.open_calls.contains(prefix.writer)) return false;
  if (prefix.fleet == CacheEntry::Fleet::kUnknown) return true;
  return prefix.fleet == CacheEntry::Fleet::kElsewhere && next_look(prefix, rules) <= now &&
         now < prefix.first_asked + rules.longest_gate;
}

std::optional<Instant> gate_opens(const RunState& run, const CallPrepared& prepared,
                                  const Rules& rules, Instant now) {
  const auto found = run.prefixes.find(prepared.prefix);
  if (found == run.prefixes.end() || now < found->second.readable_until) return std::nullopt;
  const CacheEntry& prefix = found->second;
  if (run.open_calls.contains(prefix.writer))
    return if_later(prefix.since + rules.longest_gate, now);
  const Instant given_up = prefix.first_asked + rules.longest_gate;
  if (prefix.fleet == CacheEntry::Fleet::kAsked) return if_later(given_up, now);
  if (prefix.fleet == CacheEntry::Fleet::kElsewhere)
    return if_later(std::min(next_look(prefix, rules), given_up), now);
  return std::nullopt;
}

// ---- the provider's limits ----

// Later than any clock: only an event of another call can change it.
constexpr Instant kUntilAnEvent = Instant::from_unix_ms(std::numeric_limits<std::int64_t>::max());
// Calls of other runs, which share the limits, are no events of this one.
constexpr Millis kLookForPlace{100};

std::optional<PacedCall> paced(const RunState& run, const Task& task, const Rules& rules,
                               Instant now) {
  const Model* model = rules.catalog->find(task.model);
  if (rules.pacer == nullptr || model == nullptr) return std::nullopt;
  return PacedCall{model->rate_class, task.model, counted_input(run, *task.prepared, now),
                   task.max_output};
}

std::optional<Instant> limits_allow(const RunState& run, const Task& task, const Rules& rules,
                                    Instant now) {
  const std::optional<PacedCall> call = paced(run, task, rules, now);
  if (!call) return std::nullopt;
  const Instant at = rules.pacer->earliest(*call, now).value_or(kUntilAnEvent);
  return now < at ? std::optional(at) : std::nullopt;
}

// When a call that has to wait may be looked at again; none: it need not wait. When a batch is
// answered nobody can say, and its limits are its own.
std::optional<Instant> held_back(const RunState& run, const Task& task, const Rules& rules,
                                 Instant now) {
  if (task.spec.batch) return std::nullopt;
  if (const auto gate = gate_opens(run, *task.prepared, rules, now)) return gate;
  return limits_allow(run, task, rules, now);
}

// ---- money ----

struct Room {
  std::optional<Money> left;  // none: no cap
  std::string_view cap = "budget";
  bool comes_back = false;  // other calls hold some of it, and most give some back

  void narrow(std::optional<Money> other, std::string_view name, bool returns) {
    if (!other || (left && *left <= *other)) return;
    left = std::max(*other, Money());
    cap = name;
    comes_back = returns;
  }
};

std::optional<Money> rest_of(std::optional<Money> cap, Money spent) {
  return cap ? std::optional(*cap - spent) : std::nullopt;
}

bool needs_share(const RunState& run) {
  return run.created.caps.day.has_value();
}

Money share_left(const RunState& run, Instant now) {
  if (run.day.day != share_day(run, now)) return Money();
  return run.day.allotted - run.day.used;
}

// What the tightest cap leaves for this call, the share of the day apart: more of that can be asked
// for.
Room room_for(const RunState& run, const Task& task) {
  const bool in_flight = !run.open_calls.empty();
  const Caps& caps = run.created.caps;
  Room room;
  room.narrow(run.budget.available(), "budget", in_flight);
  if (const auto own = run.worker_budgets.find(task.spec.type); own != run.worker_budgets.end())
    room.narrow(own->second.available(), "cap of its task type", own->second.held() > Money());
  room.narrow(rest_of(caps.task, task.spent), "cap of a task", false);
  room.narrow(rest_of(caps.attempt, task.attempt_spent), "cap of an attempt", false);
  room.narrow(caps.call, "cap of a call", false);
  return room;
}

Event reserve(const RunState& run, const Candidate& c, Tokens output, Instant now) {
  return CallReserved{
      now,    CallId(run.calls + 1), c.task.spec.id,     c.task.model,
      output, worst_case(c, output), c.sheet.valid_from, c.service == Service::kBatch};
}

// The most output whose worst case still fits; zero if not even the input does.
Tokens affordable_output(const Candidate& c, Money left) {
  std::int64_t fits = 0;
  std::int64_t too_much = c.wanted.count() + 1;
  while (too_much - fits > 1) {
    const std::int64_t middle = fits + (too_much - fits) / 2;
    (worst_case(c, Tokens(middle)) <= left ? fits : too_much) = middle;
  }
  return Tokens(fits);
}

// More of the day's cap, in portions, so that not every call waits for the store.
Decision ask_for_share(const RunState& run, Money worst, Money left, const Rules& rules,
                       Instant now) {
  if (run.day.asked > Money()) return std::nullopt;
  Money amount = worst - left;
  const Money portion = worst * rules.allotment_calls;
  const std::optional<Money> budget = run.budget.available();
  amount = std::max(amount, budget ? std::min(portion, *budget) : portion);
  return AllotmentAsked{now, share_day(run, now), amount};
}

Decision reserve_of_share(const RunState& run, const Candidate& c, Tokens output,
                          const Rules& rules, Instant now);

// The output lowered to what fits, if that is still of use.
std::optional<Tokens> lowered_output(const Candidate& c, Money left, const Rules& rules) {
  const Tokens affordable = affordable_output(c, left);
  const Tokens useful = std::max(rules.useful_output_floor,
                                 Tokens(c.wanted.count() * rules.useful_output_percent / 100));
  if (affordable < std::min(useful, c.wanted)) return std::nullopt;
  return affordable;
}

Decision lower_or_skip(const RunState& run, const Candidate& c, const Room& room,
                       const Rules& rules, Instant now) {
  if (const auto output = lowered_output(c, *room.left, rules))
    return reserve_of_share(run, c, *output, rules, now);
  return TaskSkipped{
      now, c.task.spec.id, SkipReason::kBudget,
      fmt::format("one call can cost up to {}, and {} of the {} are left",
                  worst_case(c, c.wanted).to_display(), room.left->to_display(), room.cap)};
}

Decision reserve_of_share(const RunState& run, const Candidate& c, Tokens output,
                          const Rules& rules, Instant now) {
  const Money worst = worst_case(c, output);
  const Money share = share_left(run, now);
  if (!needs_share(run) || worst <= share) return reserve(run, c, output, now);
  const bool more_is_left = !run.day.exhausted || run.day.day != share_day(run, now);
  if (more_is_left) return ask_for_share(run, worst, share, rules, now);
  if (!run.open_calls.empty()) return std::nullopt;
  return lower_or_skip(run, c, {share, "day's cap", false}, rules, now);
}

Decision reserve_or_wait(const RunState& run, const Candidate& c, const Rules& rules, Instant now) {
  const Room room = room_for(run, c.task);
  if (!room.left || worst_case(c, c.wanted) <= *room.left)
    return reserve_of_share(run, c, c.wanted, rules, now);
  // Each call in flight will most likely cost less than was set aside for it.
  if (room.comes_back) return std::nullopt;
  return lower_or_skip(run, c, room, rules, now);
}

// ---- one after the other ----

bool passes_token_limit(const RunState& run, const Candidate& c) {
  const std::optional<Tokens> most = run.created.limits.tokens;
  if (!most) return false;
  return run.usage.prompt() + run.usage.output + run.open_tokens + c.prepared.input_estimate +
             c.wanted >
         *most;
}

Decision admit(const RunState& run, const Task& task, const Rules& rules, Instant now) {
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
  const Candidate candidate{task,
                            *task.prepared,
                            *model,
                            *sheet,
                            std::min(task.max_output, model->max_output),
                            task.spec.batch ? Service::kBatch : Service::kStandard};
  if (task.prepared->input_estimate + candidate.wanted > model->context_window) {
    return escalate_or_skip(
        task, rules, SkipReason::kTooLarge,
        fmt::format("its context of about {} tokens does not fit the window of {}",
                    task.prepared->input_estimate.count(), task.model),
        now);
  }
  if (passes_token_limit(run, candidate)) {
    if (!run.open_calls.empty()) return std::nullopt;
    return TaskSkipped{
        now, task.spec.id, SkipReason::kLimit,
        fmt::format("it could use more tokens than the {} the run may (--max-tokens)",
                    run.created.limits.tokens->count())};
  }
  return reserve_or_wait(run, candidate, rules, now);
}

// A run of thousands does not look at all of them each time.
constexpr int kMostLookedAt = 64;

// Visits the prepared calls in their order, each with the time until which it is held back (none:
// it is not), until `visit` says false. Of a model that is full before an event, one is looked at.
template <typename Visit>
void each_prepared(const RunState& run, const Rules& rules, Instant now, Visit visit) {
  int looked_at = 0;
  const std::string* full = nullptr;
  for (const TaskId id : run.prepared) {
    const Task& task = run.task(id);
    if (full == nullptr || task.model != *full || task.spec.batch) {
      const std::optional<Instant> at = held_back(run, task, rules, now);
      if (!visit(task, at)) return;
      if (at == kUntilAnEvent) full = &task.model;
    }
    if (++looked_at == kMostLookedAt) return;
  }
}

}  // namespace

Tokens counted_input(const RunState& run, const CallPrepared& prepared, Instant now) {
  const Task& task = run.task(prepared.task);
  Tokens cached;
  if (const auto prefix = run.prefixes.find(prepared.prefix);
      prefix != run.prefixes.end() && now < prefix->second.readable_until) {
    cached = prepared.prefix_tokens;
  }
  if (!task.turns.empty() && now < task.tail_until) cached = std::max(cached, task.tail);
  return std::max(Tokens(), prepared.input_estimate - cached);
}

void take_place(const RunState& run, const CallReserved& reserved, const Rules& rules,
                Instant now) {
  if (reserved.batch) return;
  if (const auto call = paced(run, run.task(reserved.task), rules, now))
    rules.pacer->promise(run.created.run, reserved.call, *call, now);
}

// First come, first served, of those that nothing holds back: a small call must not starve a large
// one that has waited longer for its money.
Decision decide_prepared(const RunState& run, const Rules& rules, Instant now) {
  Decision decision;
  each_prepared(run, rules, now, [&](const Task& task, std::optional<Instant> held_until) {
    if (held_until) return true;
    decision = !task.spec.batch && must_ask(run, *task.prepared, rules, now)
                   ? Decision(PrefixAsked{now, task.prepared->prefix})
                   : admit(run, task, rules, now);
    return false;
  });
  return decision;
}

std::optional<Instant> next_admission(const RunState& run, const Rules& rules, Instant now) {
  std::optional<Instant> next;
  const bool is_told = std::any_of(run.open_calls.begin(), run.open_calls.end(),
                                   [](const auto& open) { return !open.second.batch; });
  each_prepared(run, rules, now, [&](const Task&, std::optional<Instant> held_until) {
    if (held_until == kUntilAnEvent)
      held_until = is_told ? std::nullopt : std::optional(now + kLookForPlace);
    if (held_until && (!next || *held_until < *next)) next = held_until;
    return true;
  });
  return next;
}

}  // namespace baton
