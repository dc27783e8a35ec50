// Estimates and scored forecasts -> text for people, JSON for programs.
#pragma once

#include <optional>
#include <string>

#include "app/outlook.h"
#include "forecast/score.h"
#include "report/review_report.h"

namespace baton {

struct Estimate {
  std::string project;
  std::string subject;  // "HEAD~3..HEAD: 3 files, 12 lines added"
  std::string date;     // whose prices hold
  Outlook outlook;
  std::optional<CountedPrompts> counted;
};

std::string to_terminal(const Estimate& estimate, const TerminalStyle& style);
std::string to_json(const Estimate& estimate);

// `baton cost --forecast`. `scope`: whose runs these are.
std::string to_terminal(const ForecastScores& scores, const std::string& scope,
                        const TerminalStyle& style);
std::string to_json(const ForecastScores& scores, const std::string& scope);

// "forecast $0.31 ($0.12 to $0.78)".
std::string interval_text(const Forecast& forecast);

}  // namespace baton
