#include <algorithm>

#include "base/check.h"
#include "catalog/catalog.h"

namespace baton {

const PriceStep& PriceSheet::step_for(Tokens prompt) const {
  BATON_CHECK(!steps.empty());
  for (const PriceStep& step : steps) {
    if (!step.max_prompt || prompt <= *step.max_prompt) return step;
  }
  return steps.back();
}

Money PriceSheet::bill(const Usage& usage) const {
  const PriceStep& step = step_for(usage.prompt());
  return step.input * usage.input + step.cache_write_5m * usage.cache_write_5m +
         step.cache_write_1h * usage.cache_write_1h + step.cache_read * usage.cache_read +
         step.output * usage.output;
}

Money PriceSheet::worst_case(Tokens prompt, Tokens output, Cache cache) const {
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
  return worst;
}

const PriceSheet* Model::sheet_on(std::string_view date) const {
  const PriceSheet* holds = nullptr;
  for (const PriceSheet& sheet : sheets) {
    if (sheet.valid_from <= date) holds = &sheet;
  }
  return holds;
}

}  // namespace baton
