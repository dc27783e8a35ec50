#include "report/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "report/percent.h"

namespace baton {
namespace {

bool in_dollars(Measure measure) {
  return measure == Measure::kTotal || measure == Measure::kCostPerRun;
}

std::optional<std::int64_t> share(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return std::nullopt;
  return per_mille(part, whole);
}

// In the measure's unit; none where there is nothing to measure.
std::optional<std::int64_t> value_of(Measure measure, const LedgerLine& line) {
  const std::int64_t charged = line.charged.picodollars();
  switch (measure) {
    case Measure::kOrchestratorShare:
      return share(line.orchestrator.picodollars(), charged);
    case Measure::kSaved:
      return share(line.saved().picodollars(), line.all_deep.picodollars());
    case Measure::kCachedShare:
      return share(line.usage.cache_read.count(), line.usage.prompt().count());
    case Measure::kWastedShare:
      return share(line.wasted.picodollars(), charged);
    case Measure::kUnknownShare:
      return share(line.unknown.picodollars(), charged);
    case Measure::kTotal:
      if (line.runs == 0) return std::nullopt;
      return charged;
    case Measure::kCostPerRun:
      if (line.runs == 0) return std::nullopt;
      return charged / line.runs;
  }
  return std::nullopt;
}

std::string text_of(Measure measure, std::int64_t value) {
  return in_dollars(measure) ? Money::pico(value).to_display() : percent_text(value);
}

std::string wanted_text(const Target& target) {
  const auto text = [&](std::int64_t bound) { return text_of(target.measure, bound); };
  if (target.min && target.max) {
    return fmt::format("{} to {}", text(*target.min), text(*target.max));
  }
  return target.min ? "at least " + text(*target.min) : "at most " + text(*target.max);
}

// How far outside its bounds; what is inside is nearer to the worse bound the greater it is.
std::int64_t distance(const Target& target, std::int64_t value) {
  std::int64_t far = std::numeric_limits<std::int64_t>::min();
  if (target.min) far = std::max(far, *target.min - value);
  if (target.max) far = std::max(far, value - *target.max);
  return far;
}

Judgement judge(const Target& target, const std::vector<LedgerLine>& lines) {
  Judgement out{.name = target.name, .measure = target.measure, .wanted = wanted_text(target)};
  std::int64_t furthest = std::numeric_limits<std::int64_t>::min();
  for (const LedgerLine& line : lines) {
    const std::optional<std::int64_t> value = value_of(target.measure, line);
    if (!value) continue;
    const std::int64_t off = distance(target, *value);
    ++out.measured;
    if (off <= 0) ++out.met;
    if (out.measured > 1 && off <= furthest) continue;
    furthest = off;
    out.value = text_of(target.measure, *value);
    if (target.each) out.where = line.name;
  }
  if (out.measured > 0) {
    out.state = out.met == out.measured ? TargetState::kMet : TargetState::kNotMet;
  }
  return out;
}

}  // namespace

std::string_view to_string(Measure measure) {
  switch (measure) {
    case Measure::kOrchestratorShare:
      return "orchestrator_share";
    case Measure::kSaved:
      return "saved";
    case Measure::kCachedShare:
      return "cached_share";
    case Measure::kWastedShare:
      return "wasted_share";
    case Measure::kUnknownShare:
      return "unknown_share";
    case Measure::kTotal:
      return "total";
    case Measure::kCostPerRun:
      return "cost_per_run";
  }
  return {};
}

std::string_view to_string(TargetState state) {
  switch (state) {
    case TargetState::kMet:
      return "met";
    case TargetState::kNotMet:
      return "not met";
    case TargetState::kNotMeasurable:
      return "not measurable";
  }
  return {};
}

std::vector<Judgement> judge(const std::vector<Target>& targets, const Ledger& ledger) {
  std::vector<Judgement> out;
  for (const Target& target : targets) {
    out.push_back(target.each ? judge(target, ledger.lines(*target.each))
                              : judge(target, std::vector<LedgerLine>{ledger.total}));
  }
  return out;
}

}  // namespace baton
