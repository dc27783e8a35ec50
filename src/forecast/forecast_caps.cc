#include "forecast/forecast_caps.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {
namespace {

Permille share(std::int64_t part, std::int64_t whole) {
  constexpr std::int64_t kNothingAllowed = 100'000;
  return whole <= 0 ? Permille(kNothingAllowed) : Permille::ratio(part, whole);
}

}  // namespace

std::vector<CapMet> caps_met(const ForecastAsk& ask, const Prospect& prospect,
                             const Sample& likely) {
  const Forecast& forecast = prospect.forecast;
  const Permille spread =
      Permille::ratio(forecast.high.picodollars(), forecast.likely.picodollars());
  std::vector<CapMet> met;
  const auto check = [&](std::string cap, auto allowed, auto middle, auto high, const auto& count,
                         const auto& text) {
    if (high <= allowed) return;
    met.push_back({std::move(cap), text(allowed), fmt::format("{} to {}", text(middle), text(high)),
                   middle > allowed, share(count(high), count(allowed))});
  };
  const auto check_money = [&](std::string cap, const std::optional<Money>& allowed, Money middle,
                               Money high) {
    if (!allowed) return;
    check(
        std::move(cap), *allowed, middle, high, [](Money m) { return m.picodollars(); },
        [](Money m) { return m.to_display(); });
  };
  const auto spread_out = [&](std::string cap, const std::optional<Money>& allowed, Money middle) {
    check_money(std::move(cap), allowed, middle, spread.of(middle));
  };
  check_money("--budget", ask.budget, forecast.likely, forecast.high);
  check_money("--budget-per-day", ask.caps.day, forecast.likely, forecast.high);
  spread_out("--budget-per-task", ask.caps.task, likely.dearest_call);
  spread_out("--budget-per-attempt", ask.caps.attempt, likely.dearest_call);
  spread_out("--budget-per-call", ask.caps.call, likely.dearest_call);
  for (const auto& [type, cap] : ask.caps.worker) {
    const auto cost = likely.by_type.find(type);
    if (cost != likely.by_type.end())
      spread_out(fmt::format("--budget-per-worker {}", type), cap, cost->second);
  }
  if (ask.limits.tokens) {
    const Tokens used = prospect.tokens.prompt() + prospect.tokens.output;
    check(
        "--max-tokens", *ask.limits.tokens, used, spread.of(used),
        [](Tokens t) { return t.count(); }, [](Tokens t) { return fmt::format("{}", t.count()); });
  }
  if (ask.limits.wall) {
    check(
        "--max-minutes", *ask.limits.wall, forecast.wall, Millis(spread.of(forecast.wall.count())),
        [](Millis m) { return m.count(); }, [](Millis m) { return duration_text(m); });
  }
  std::stable_sort(met.begin(), met.end(),
                   [](const CapMet& a, const CapMet& b) { return a.tightness > b.tightness; });
  return met;
}

}  // namespace baton
