// History: what the runs of a project used, folded from their journals. A forecast learns from it,
// and a forecast is scored by it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/event.h"
#include "forecast/forecast_call.h"

namespace baton {

// How many of a project's runs are looked at, the latest ones: older ones are of another project
// by now.
constexpr std::size_t kMostHistory = 50;

struct PastRun {
  RunId run{};
  Instant began{};
  std::string mode{};  // "orchestrate", "direct" or "local"
  RunStatus status = RunStatus::kRunning;
  std::optional<Forecast> forecast{};
  // How large its subject was: the first prompt (of the plan, or of the direct call), by the
  // estimate of `subject_model`'s tokens.
  Tokens subject{};
  std::string subject_model{};
  std::vector<ForecastCall> calls{};  // retries and escalations among them, in order of their ends
  std::int64_t tasks = 0;             // the orchestrator's own included
  std::int64_t retries = 0;
  Money charged{};  // settled and booked
  Millis active{};  // while a process drove it

  bool over() const { return status == RunStatus::kComplete || status == RunStatus::kPartial; }
  bool operator==(const PastRun&) const = default;
};

// The fold of a run's events. Pure.
PastRun past_run(const std::vector<Event>& events);

}  // namespace baton
