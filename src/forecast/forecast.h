// Forecast: what a review is likely to take, before its first call: money as an interval, tokens,
// tasks, time, and which cap it would meet.
//
// With history, each run of the project's past that was done the same way is asked: how would it
// have gone with this change? What it used is scaled by how much larger the first prompt is (r),
// and priced anew, call by call:
//
//   the plan, or the direct call   prompt × r, answer × √r
//   a worker                       prompt × √r, answer as it was; √r as many of them
//   the report                     prompt × √r, answer × √r
//
// so that the workers' prompts grow with the change as a whole: a larger change has more tasks, and
// larger ones. Retries, escalations and cache reads are part of what a run used, and so are learned
// with it. The answers give the interval: see interval_of(). Without history the size of the change
// alone gives one answer (size_estimate.h), and the interval is at its widest.
//
// Pure: no clock, no journal. Figures are what is likely; what can not be passed is the budget's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "change/change.h"
#include "core/event.h"
#include "forecast/history.h"
#include "workflow/task_types.h"

namespace baton {

// The mode a review goes in.
enum class Way { kOrchestrate, kDirect };
std::string_view to_string(Way way);  // "orchestrate", "direct"

// What is asked about: the change, and how it would be done.
struct ForecastAsk {
  const Change& change;
  const TaskTypes& types;
  const TierModels& models;
  const Catalog& catalog;
  std::string date;
  Way way = Way::kOrchestrate;
  std::string effort;             // of a direct call; empty: its task type's
  Tokens prompt;                  // of the first call, as CallPrepared::input_estimate has it
  std::optional<Tokens> counted;  // the same, counted by the provider
  bool batch = false;             // workers go by batch
  int parallel = 1;
  int max_tasks = 64;
  std::optional<Money> budget;
  Caps caps;
  Limits limits;
};

// A cap that the high end of the forecast passes.
struct CapMet {
  std::string cap;       // the option that sets it
  std::string allows;    // for people
  std::string expected;  // likely to high
  bool likely = false;   // the likely figure passes it too
  Permille tightness;    // high / allowed

  bool operator==(const CapMet&) const = default;
};

struct Prospect {
  Forecast forecast;
  Usage tokens;  // of the likely case
  std::int64_t calls = 0;
  std::vector<CapMet> caps;  // the tightest first: the one that would bind

  bool operator==(const Prospect&) const = default;
};

// `history`: runs of the project, in any order; those that did not end, or were done another way,
// are left out.
Prospect forecast_review(const ForecastAsk& ask, const std::vector<PastRun>& history);

// P10, P50 and P90 of what comes next, from what came before. The middle is the median (the lower
// of two). Of n samples the smallest lies, on average, at the 1/(n+1) quantile: from nine on, P10
// and P90 are ranks among them (interpolated). With fewer they lie outside of what was seen, and
// the ends are moved out by as much of the way to a tenth of the smallest and three times the
// largest as is missing: 10 - (n + 1) tenths; all of it for n = 0, where `samples` is one guess.
struct Interval {
  Money low, likely, high;
  bool operator==(const Interval&) const = default;
};
// Requires: samples are not empty; n <= their number.
Interval interval_of(std::vector<Money> samples, std::int64_t n);

}  // namespace baton
