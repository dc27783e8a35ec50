#include "report/sprint_report.h"

namespace baton {
namespace {

std::optional<Money> each_of(Money whole, int parts) {
  if (parts == 0) return std::nullopt;
  return Money::pico(whole.picodollars() / parts);
}

}  // namespace

std::string_view to_string(SprintJobState state) {
  switch (state) {
    case SprintJobState::kWaiting:
      return "waiting";
    case SprintJobState::kRunning:
      return "running";
    case SprintJobState::kComplete:
      return "complete";
    case SprintJobState::kPartial:
      return "partial";
    case SprintJobState::kBudgetExhausted:
      return "budget_exhausted";
    case SprintJobState::kFailed:
      return "failed";
    case SprintJobState::kPaused:
      return "paused";
    case SprintJobState::kInterrupted:
      return "interrupted";
    case SprintJobState::kRefused:
      return "refused";
    case SprintJobState::kSkipped:
      return "skipped";
  }
  return {};
}

bool is_over(SprintJobState state) {
  return is_done(state) || state == SprintJobState::kBudgetExhausted ||
         state == SprintJobState::kFailed;
}

bool is_done(SprintJobState state) {
  return state == SprintJobState::kComplete || state == SprintJobState::kPartial;
}

std::optional<Money> SprintTotals::cost_per_job() const {
  return each_of(cost, done);
}

std::optional<Money> SprintTotals::cost_per_changed_file() const {
  return each_of(changing, files_changed);
}

std::optional<Money> SprintTotals::cost_per_reviewed_file() const {
  return each_of(reviewing, files_reviewed);
}

std::optional<std::int64_t> SprintTotals::tenths_per_hour() const {
  constexpr std::int64_t kTenthsOfAnHour = 36'000'000;  // milliseconds of an hour, ten times
  if (worked <= Millis()) return std::nullopt;
  return done * kTenthsOfAnHour / worked.count();
}

SprintTotals totals_of(const std::vector<SprintJobLine>& jobs, Millis worked) {
  SprintTotals totals;
  totals.worked = worked;
  for (const SprintJobLine& job : jobs) {
    const bool review = job.kind == "review";
    ++totals.jobs;
    totals.done += is_done(job.state) ? 1 : 0;
    totals.cost += job.cost;
    totals.unknown += job.unknown;
    (review ? totals.reviewing : totals.changing) += job.cost;
    (review ? totals.files_reviewed : totals.files_changed) += job.files.value_or(0);
  }
  return totals;
}

}  // namespace baton
