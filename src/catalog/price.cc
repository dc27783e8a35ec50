#include <algorithm>

#include "base/check.h"
#include "catalog/catalog.h"

namespace baton {
namespace {

// Rounded up to a whole picodollar. Split, so that no amount Money can hold overflows on the way.
Money percent_of(Money amount, int percent) {
  const std::int64_t hundreds = amount.picodollars() / 100;
  const std::int64_t rest = amount.picodollars() % 100;
  return Money::pico(hundreds) * percent + Money::pico((rest * percent + 99) / 100);
}

}  // namespace

const PriceStep& PriceSheet::step_for(Tokens prompt) const {
  BATON_CHECK(!steps.empty());
  for (const PriceStep& step : steps) {
    if (!step.max_prompt || prompt <= *step.max_prompt) return step;
  }
  return steps.back();
}

Money PriceSheet::bill(const Usage& usage, Service service) const {
  const PriceStep& step = step_for(usage.prompt());
  const Money standard = step.input * usage.input + step.cache_write_5m * usage.cache_write_5m +
                         step.cache_write_1h * usage.cache_write_1h +
                         step.cache_read * usage.cache_read + step.output * usage.output;
  return service == Service::kBatch ? percent_of(standard, batch_percent) : standard;
}

Money PriceSheet::worst_case(Tokens prompt, Tokens output, Cache cache, Service service) const {
  BATON_CHECK(!steps.empty());
  Money worst;
  for (const PriceStep& step : steps) {
    const Tokens longest = step.max_prompt ? std::min(prompt, *step.max_prompt) : prompt;
    const Money dearest =
        cache == Cache::kUnused
            ? step.input
            : std::max({step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read});
    worst = std::max(worst, dearest * longest + step.output * output);
    if (longest == prompt) break;
  }
  return service == Service::kBatch ? percent_of(worst, batch_percent) : worst;
}

const PriceSheet* Model::sheet_on(std::string_view date) const {
  const PriceSheet* holds = nullptr;
  for (const PriceSheet& sheet : sheets) {
    if (sheet.valid_from <= date) holds = &sheet;
  }
  return holds;
}

}  // namespace baton
