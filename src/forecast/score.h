// Scores: how good forecasts have been, run by run and all together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "forecast/history.h"

namespace baton {

struct ForecastScore {
  RunId run{};
  Instant began{};
  std::string mode{};
  Forecast forecast{};
  Money actual{};
  Millis wall{};
  std::int64_t tasks = 0;

  bool below() const { return actual < forecast.low; }
  bool above() const { return actual > forecast.high; }
  bool inside() const { return !below() && !above(); }
  // actual / likely, at most a hundred times it; none where nothing was expected.
  std::optional<std::int64_t> percent() const;
  bool operator==(const ForecastScore&) const = default;
};

// None of a run without a forecast, or that did not come to its end: what it would have cost is not
// known. A run that lost single tasks counts.
std::optional<ForecastScore> score_of(const PastRun& run);

// "the forecast was $0.31 ($0.12 to $0.78); it cost $0.28, 90 % of it: inside".
std::string score_text(const ForecastScore& score);

struct ForecastScores {
  std::vector<ForecastScore> runs{};  // as they were given
  std::int64_t not_scored = 0;        // runs without a forecast, or without an end
  std::int64_t inside = 0;
  std::int64_t below = 0;
  std::int64_t above = 0;
  // Of actual / likely: the middle one, rounded down between two; none without runs.
  std::optional<std::int64_t> median_percent{};

  bool operator==(const ForecastScores&) const = default;
};
ForecastScores score_forecasts(const std::vector<PastRun>& runs);

}  // namespace baton
