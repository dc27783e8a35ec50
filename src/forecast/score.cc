#include "forecast/score.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {

std::optional<std::int64_t> ForecastScore::percent() const {
  if (forecast.likely <= Money()) return std::nullopt;
  if (actual <= Money()) return 0;
  return Permille::ratio(actual.picodollars(), forecast.likely.picodollars()).thousandths() / 10;
}

std::optional<ForecastScore> score_of(const PastRun& run) {
  if (!run.forecast || !run.over()) return std::nullopt;
  return ForecastScore{.run = run.run,
                       .began = run.began,
                       .mode = run.mode,
                       .forecast = *run.forecast,
                       .actual = run.charged,
                       .wall = run.active,
                       .tasks = run.tasks};
}

std::string score_text(const ForecastScore& score) {
  const Forecast& forecast = score.forecast;
  const auto percent = score.percent();
  return fmt::format("the forecast was {} ({} to {}); it cost {}{}: {}",
                     forecast.likely.to_display(), forecast.low.to_display(),
                     forecast.high.to_display(), score.actual.to_display(),
                     percent ? fmt::format(", {} % of it", *percent) : std::string(),
                     score.inside()  ? "inside"
                     : score.below() ? "below the interval"
                                     : "above the interval");
}

ForecastScores score_forecasts(const std::vector<PastRun>& runs) {
  ForecastScores scores;
  std::vector<std::int64_t> percents;
  for (const PastRun& run : runs) {
    const std::optional<ForecastScore> score = score_of(run);
    if (!score) {
      ++scores.not_scored;
      continue;
    }
    scores.inside += score->inside() ? 1 : 0;
    scores.below += score->below() ? 1 : 0;
    scores.above += score->above() ? 1 : 0;
    if (const auto percent = score->percent()) percents.push_back(*percent);
    scores.runs.push_back(*score);
  }
  if (percents.empty()) return scores;
  std::sort(percents.begin(), percents.end());
  const std::size_t middle = percents.size() / 2;
  scores.median_percent =
      percents.size() % 2 == 1 ? percents[middle] : (percents[middle - 1] + percents[middle]) / 2;
  return scores;
}

}  // namespace baton
