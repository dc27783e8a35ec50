// One call as a forecast sees it: who makes it, on which tier, and what it uses.
#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "core/tier.h"

namespace baton {

struct ForecastCall {
  std::string type{};  // of its task
  Role role = Role::kWorker;
  Tier tier = Tier::kFast;
  std::string model{};   // whose tokens `usage` counts
  std::string effort{};  // it was asked with
  Usage usage{};

  bool operator==(const ForecastCall&) const = default;
};

// A fraction in thousandths: amounts and counts are whole numbers, and stay so when scaled.
// Rounded up, and held at the largest number there is.
class Permille {
 public:
  constexpr Permille() = default;
  explicit constexpr Permille(std::int64_t thousandths) : thousandths_(thousandths) {}
  // Between a hundredth and a hundred: beyond that a past run says nothing.
  static Permille ratio(std::int64_t part, std::int64_t whole);

  constexpr std::int64_t thousandths() const { return thousandths_; }
  Permille root() const;
  std::int64_t of(std::int64_t count) const;
  Tokens of(Tokens tokens) const { return Tokens(of(tokens.count())); }
  Money of(Money amount) const { return Money::pico(of(amount.picodollars())); }
  constexpr auto operator<=>(const Permille&) const = default;

 private:
  std::int64_t thousandths_ = 1'000;
};

// What the call costs on its model by the prices of `date`. A model without a price on that day
// counts as nothing: its calls will be refused.
Money price_of(const ForecastCall& call, const Catalog& catalog, std::string_view date,
               Service service = Service::kStandard);

// The same call on another model, its tokens counted as that one's tokenizer does.
ForecastCall on_model(ForecastCall call, const std::string& model, const Catalog& catalog);

}  // namespace baton
