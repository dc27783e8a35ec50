// What a user wants their costs to be like, as a table of data, and whether they are. Pure.
//
//   [[target]]
//   name = "orchestrator's share"
//   measure = "orchestrator_share"   # see Measure
//   min = 40                         # percent
//   max = 60
//
//   [[target]]
//   name = "saved against all deep, each month"
//   measure = "saved"
//   each = "month"                   # judged on its own: "run", "day" or "month"
//   min = 60
//
// A target of the user's own file with the same name replaces the built-in one; `off = true` takes
// it away.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/ledger.h"

namespace baton {

// Shares are in percent, judged as they are shown: with one decimal, rounded down.
enum class Measure {
  kOrchestratorShare,  // of what was charged
  kSaved,              // against all deep
  kCachedShare,        // cache reads of all prompt tokens
  kWastedShare,        // of what was charged, for attempts that were not accepted
  kUnknownShare,       // of what was charged, booked without a bill
  kTotal,              // dollars
  kCostPerRun,         // dollars
};
std::string_view to_string(Measure measure);  // "orchestrator_share"

struct Target {
  std::string name;
  Measure measure = Measure::kTotal;
  std::optional<Grouping> each;     // none: all of it together
  std::optional<std::int64_t> min;  // tenths of a percent, or picodollars
  std::optional<std::int64_t> max;

  bool operator==(const Target&) const = default;
};

// kInput with file, line and key for anything malformed.
Result<std::vector<Target>> parse_targets(
    std::string_view builtin, std::string_view own = {},
    std::string_view own_name = "the overriding targets.toml");

enum class TargetState { kMet, kNotMet, kNotMeasurable };
std::string_view to_string(TargetState state);  // "met", "not met", "not measurable"

struct Judgement {
  std::string name;
  Measure measure = Measure::kTotal;
  std::string wanted;  // "40.0% to 60.0%", "at least 60.0%"
  TargetState state = TargetState::kNotMeasurable;
  std::string value;  // "49.4%", "$1.25"; of several, the one furthest off; empty: not measurable
  std::string where;  // the month (day, run) of `value`; empty: all of it together
  int met = 0;        // of `measured`; 1 of 1 without `each`
  int measured = 0;
};
std::vector<Judgement> judge(const std::vector<Target>& targets, const Ledger& ledger);

}  // namespace baton
