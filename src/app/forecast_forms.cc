#include "app/forecast_forms.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "report/cost_json.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/paint.h"

namespace baton {
namespace {

namespace json = boost::json;

struct WayLine {
  std::string name;
  std::string mode;
  std::string effort;
  const Prospect* prospect = nullptr;
  bool chosen = false;
};

std::vector<WayLine> ways_of(const Outlook& outlook) {
  const Prospects& prospects = outlook.prospects;
  const Prospect* chosen = &outlook.chosen();
  std::vector<WayLine> ways;
  ways.push_back({"plan and workers", "orchestrate", "", &prospects.orchestrate, false});
  const bool lower = chosen == (prospects.lower ? &*prospects.lower : nullptr);
  ways.push_back({"one call", "direct", lower ? std::string() : outlook.choice.effort,
                  &prospects.direct, false});
  if (prospects.lower) {
    ways.push_back({fmt::format("one call, {} effort", prospects.lower_effort), "direct",
                    prospects.lower_effort, &*prospects.lower, false});
  }
  for (WayLine& way : ways) way.chosen = way.prospect == chosen;
  return ways;
}

std::string learned_from(const Forecast& forecast) {
  if (forecast.history == 0) return "its size alone";
  return counted(forecast.history, "run", "runs");
}

json::object forecast_json(const Forecast& forecast) {
  return {{"low_usd", json_dollars(forecast.low)},
          {"likely_usd", json_dollars(forecast.likely)},
          {"high_usd", json_dollars(forecast.high)},
          {"wall_ms", forecast.wall.count()},
          {"tasks", forecast.tasks},
          {"history", forecast.history}};
}

json::object way_json(const WayLine& way) {
  json::object object{{"mode", way.mode}, {"effort", way.effort}, {"chosen", way.chosen}};
  for (const auto& [key, value] : forecast_json(way.prospect->forecast)) object[key] = value;
  object["calls"] = way.prospect->calls;
  object["tokens"] = tokens_object(way.prospect->tokens);
  json::array caps;
  for (const CapMet& cap : way.prospect->caps) {
    caps.push_back(json::object{{"cap", json_text(cap.cap)},
                                {"allows", cap.allows},
                                {"expected", cap.expected},
                                {"likely", cap.likely}});
  }
  object["caps"] = std::move(caps);
  return object;
}

std::string caps_text(const Prospect& prospect) {
  if (prospect.caps.empty()) return "No cap would be met.\n";
  std::string out;
  for (const CapMet& cap : prospect.caps) {
    fmt::format_to(std::back_inserter(out), "{} {}: it allows {}, and {} are expected{}\n", cap.cap,
                   cap.likely ? "would bind" : "could bind", cap.allows, cap.expected,
                   &cap == &prospect.caps.front() && prospect.caps.size() > 1
                       ? "; of these it is the tightest"
                       : "");
  }
  return out;
}

}  // namespace

std::string interval_text(const Forecast& forecast) {
  return fmt::format("forecast {} ({} to {})", forecast.likely.to_display(),
                     forecast.low.to_display(), forecast.high.to_display());
}

std::string to_terminal(const Estimate& estimate, const TerminalStyle& style) {
  const Paint paint(style.color);
  std::string out = paint.bold(for_terminal(estimate.subject)) + "\n";
  fmt::format_to(std::back_inserter(out), "project {}, prices of {}; no paid call was made\n\n",
                 for_terminal(estimate.project), estimate.date);
  fmt::format_to(std::back_inserter(out),
                 "  {:<24} {:>9} {:>9} {:>9} {:>6} {:>6} {:>8} {:>9} {:>9} {:>8}  {}\n", "", "P10",
                 "P50", "P90", "tasks", "calls", "time", "prompt", "of it", "output",
                 "learned from");
  fmt::format_to(std::back_inserter(out),
                 "  {:<24} {:>9} {:>9} {:>9} {:>6} {:>6} {:>8} {:>9} {:>9}\n", "", "", "", "", "",
                 "", "", "", "cached");
  for (const WayLine& way : ways_of(estimate.outlook)) {
    const Forecast& forecast = way.prospect->forecast;
    const Usage& tokens = way.prospect->tokens;
    fmt::format_to(std::back_inserter(out),
                   "{} {:<24} {:>9} {:>9} {:>9} {:>6} {:>6} {:>8} {:>9} {:>9} {:>8}  {}\n",
                   way.chosen ? ">" : " ", way.name, forecast.low.to_display(),
                   forecast.likely.to_display(), forecast.high.to_display(), forecast.tasks,
                   way.prospect->calls, duration_text(forecast.wall), tokens.prompt().count(),
                   tokens.cache_read.count(), tokens.output.count(), learned_from(forecast));
  }
  if (estimate.counted) {
    fmt::format_to(std::back_inserter(out),
                   "\nCounted by the provider: the plan's prompt {} tokens, the one call's {}.\n",
                   estimate.counted->plan.count(), estimate.counted->direct.count());
  }
  fmt::format_to(std::back_inserter(out), "\n{}\n{}", for_terminal(estimate.outlook.choice.reason),
                 caps_text(estimate.outlook.chosen()));
  return out;
}

std::string to_json(const Estimate& estimate) {
  const Choice& choice = estimate.outlook.choice;
  json::array ways;
  for (const WayLine& way : ways_of(estimate.outlook)) ways.push_back(way_json(way));
  json::object object{{"subject", json_text(estimate.subject)},
                      {"project", json_text(estimate.project)},
                      {"date", estimate.date},
                      {"mode", to_string(choice.way)},
                      {"effort", choice.effort},
                      {"reason", json_text(choice.reason)},
                      {"ways", std::move(ways)},
                      {"counted", nullptr}};
  if (estimate.counted) {
    object["counted"] = json::object{{"plan", estimate.counted->plan.count()},
                                     {"direct", estimate.counted->direct.count()}};
  }
  return pretty_json(object);
}

std::string to_terminal(const ForecastScores& scores, const std::string& scope,
                        const TerminalStyle& style) {
  const Paint paint(style.color);
  std::string out = paint.bold(fmt::format("Forecasts of {}", for_terminal(scope))) + "\n";
  if (scores.runs.empty()) return out + "No run with a forecast has come to its end yet.\n";
  fmt::format_to(std::back_inserter(out),
                 "{} of {} inside their interval (P10 to P90 promises 8 of 10), {} below it, {} "
                 "above; the middle one cost {} % of what was likely\n\n",
                 scores.inside, scores.runs.size(), scores.below, scores.above,
                 scores.median_percent.value_or(0));
  fmt::format_to(std::back_inserter(out),
                 "  {:<14}  {:<20}  {:<11} {:>9} {:>9} {:>9} {:>9} {:>6}  {}\n", "run", "begun",
                 "mode", "P10", "P50", "P90", "actual", "%", "");
  for (const ForecastScore& score : scores.runs) {
    const auto percent = score.percent();
    fmt::format_to(std::back_inserter(out),
                   "  {:<14}  {:<20}  {:<11} {:>9} {:>9} {:>9} {:>9} {:>6}  {}\n", score.run,
                   timestamp_of(score.began), score.mode, score.forecast.low.to_display(),
                   score.forecast.likely.to_display(), score.forecast.high.to_display(),
                   score.actual.to_display(), percent ? fmt::format("{}", *percent) : "-",
                   score.inside()  ? "inside"
                   : score.below() ? "below"
                                   : "above");
  }
  if (scores.not_scored > 0) {
    fmt::format_to(std::back_inserter(out),
                   "\n{} without a forecast, or without an end: not scored\n", scores.not_scored);
  }
  return out;
}

std::string to_json(const ForecastScores& scores, const std::string& scope) {
  json::array runs;
  for (const ForecastScore& score : scores.runs) {
    json::object object{{"run_id", score.run},
                        {"began", timestamp_of(score.began)},
                        {"mode", score.mode},
                        {"forecast", forecast_json(score.forecast)},
                        {"actual_usd", json_dollars(score.actual)},
                        {"wall_ms", score.wall.count()},
                        {"tasks", score.tasks},
                        {"inside", score.inside()},
                        {"percent_of_likely", nullptr}};
    if (const auto percent = score.percent()) object["percent_of_likely"] = *percent;
    runs.push_back(std::move(object));
  }
  json::object object{{"scope", json_text(scope)},       {"inside", scores.inside},
                      {"below", scores.below},           {"above", scores.above},
                      {"not_scored", scores.not_scored}, {"median_percent_of_likely", nullptr},
                      {"runs", std::move(runs)}};
  if (scores.median_percent) object["median_percent_of_likely"] = *scores.median_percent;
  return pretty_json(object);
}

}  // namespace baton
