#include "forecast/forecast_caps.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {
namespace {

Permille share(std::int64_t part, std::int64_t whole) {
  constexpr std::int64_t kNothingAllowed = 100'000;
  return whole <= 0 ? Permille(kNothingAllowed) : Permille::ratio(part, whole);
}

std::string text_of(Money amount) {
  return amount.to_display();
}
std::string text_of(Tokens amount) {
  return fmt::format("{}", amount.count());
}
std::string text_of(Millis amount) {
  return duration_text(amount);
}

std::int64_t count_of(Money amount) {
  return amount.picodollars();
}
template <typename Amount>
std::int64_t count_of(Amount amount) {
  return amount.count();
}

template <typename Amount>
void check(std::vector<CapMet>& met, std::string_view cap, const std::optional<Amount>& allowed,
           Amount likely, Amount high) {
  if (!allowed || high <= *allowed) return;
  met.push_back({.cap = std::string(cap),
                 .allows = text_of(*allowed),
                 .expected = fmt::format("{} to {}", text_of(likely), text_of(high)),
                 .likely = likely > *allowed,
                 .tightness = share(count_of(high), count_of(*allowed))});
}

}  // namespace

std::vector<CapMet> caps_met(const ForecastAsk& ask, const Prospect& prospect,
                             const Sample& likely) {
  const Forecast& forecast = prospect.forecast;
  const Permille spread =
      Permille::ratio(forecast.high.picodollars(), forecast.likely.picodollars());
  std::vector<CapMet> met;
  const auto spread_out = [&](std::string_view cap, const std::optional<Money>& allowed,
                              Money middle) {
    check(met, cap, allowed, middle, spread.of(middle));
  };
  check(met, "--budget", ask.budget, forecast.likely, forecast.high);
  check(met, "--budget-per-day", ask.caps.day, forecast.likely, forecast.high);
  spread_out("--budget-per-task", ask.caps.task, likely.dearest_call);
  spread_out("--budget-per-attempt", ask.caps.attempt, likely.dearest_call);
  spread_out("--budget-per-call", ask.caps.call, likely.dearest_call);
  for (const auto& [type, cap] : ask.caps.worker) {
    const auto cost = likely.by_type.find(type);
    if (cost != likely.by_type.end())
      spread_out(fmt::format("--budget-per-worker {}", type), cap, cost->second);
  }
  const Tokens used = prospect.tokens.prompt() + prospect.tokens.output;
  check(met, "--max-tokens", ask.limits.tokens, used, spread.of(used));
  check(met, "--max-minutes", ask.limits.wall, forecast.wall,
        Millis(spread.of(forecast.wall.count())));
  std::stable_sort(met.begin(), met.end(),
                   [](const CapMet& a, const CapMet& b) { return a.tightness > b.tightness; });
  return met;
}

}  // namespace baton
