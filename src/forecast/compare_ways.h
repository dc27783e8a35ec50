// The ways in which work is priced otherwise, one row each.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tier.h"
#include "forecast/compare.h"

namespace baton {

struct Otherwise {
  std::string name;
  std::string detail{};
  // The model it goes to; empty: none named, it stays where it is.
  std::function<std::string(Role, std::optional<Tier>)> model{};
  std::optional<CacheUse> cache{};
  bool batch_workers = false;
};

// `caches`: also the rows that differ in how a cache is come to be shared, for described work.
std::vector<Otherwise> ways_to_price(const CompareAsk& ask, bool caches);

constexpr std::string_view kSameTokensNote =
    "token counts are taken as they are on every model; their tokenizers count otherwise";

// The note on tokens counted by `from` and priced on `to`; empty if both count alike.
std::string tokenizer_note(const Model& from, const Model& to);

}  // namespace baton
