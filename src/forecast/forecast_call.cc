#include "forecast/forecast_call.h"

#include <algorithm>
#include <limits>

#include "forecast/fleet.h"
#include "forecast/usage_math.h"

namespace baton {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kLeast = 10;
constexpr std::int64_t kMost = 100'000;

}  // namespace

Permille Permille::ratio(std::int64_t part, std::int64_t whole) {
  if (part <= 0 || whole <= 0) return Permille();
  const Wide thousandths = static_cast<Wide>(part) * 1'000 / whole;
  return Permille(static_cast<std::int64_t>(std::clamp<Wide>(thousandths, kLeast, kMost)));
}

Permille Permille::root() const {
  std::int64_t root = 1;
  while ((root + 1) * (root + 1) <= thousandths_ * 1'000) ++root;
  return Permille(root);
}

std::int64_t Permille::of(std::int64_t count) const {
  const Wide scaled = (static_cast<Wide>(count) * thousandths_ + 999) / 1'000;
  return static_cast<std::int64_t>(
      std::min<Wide>(scaled, std::numeric_limits<std::int64_t>::max()));
}

Money price_of(const ForecastCall& call, const Catalog& catalog, std::string_view date,
               Service service) {
  const Model* model = catalog.find(call.model);
  const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(date);
  return sheet == nullptr ? Money() : sheet->bill(call.usage, service);
}

ForecastCall on_model(ForecastCall call, const std::string& model, const Catalog& catalog) {
  const Model* from = catalog.find(call.model);
  const Model* to = catalog.find(model);
  call.model = model;
  if (from == nullptr || to == nullptr) return call;
  call.usage = each_count(call.usage, TokenScale{from->tokenizer_percent, to->tokenizer_percent});
  return call;
}

}  // namespace baton
