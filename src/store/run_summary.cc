#include "store/run_summary.h"

#include <limits>

#include "base/text.h"

namespace baton {
Money saturating_sum(Money a, Money b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.picodollars(), b.picodollars(), &sum)) {
    using Range = std::numeric_limits<std::int64_t>;
    sum = b < Money() ? Range::min() : Range::max();
  }
  return Money::pico(sum);
}

void apply(RunSummary& summary, const Event& event) {
  ++summary.events;
  summary.updated = at_of(event);
  if (const auto* created = std::get_if<RunCreated>(&event)) {
    summary.workflow = to_utf8(created->workflow);
    summary.title = to_utf8(created->title);
    summary.project = to_utf8(created->project);
    summary.key = to_utf8(created->key);
    summary.created = created->at;
    summary.status = to_string(RunStatus::kRunning);
  } else if (std::holds_alternative<RunResumed>(event)) {
    summary.status = to_string(RunStatus::kRunning);
  } else if (const auto* ended = std::get_if<RunEnded>(&event)) {
    summary.status = to_string(ended->status);
  } else if (const auto* lost = std::get_if<TailLost>(&event)) {
    summary.spent = saturating_sum(summary.spent, lost->amount);
  } else if (const auto* call = std::get_if<CallEnded>(&event)) {
    summary.spent = saturating_sum(summary.spent, call->charge);
  }
}

}  // namespace baton
