// The price lists of a world: the one that models are called by, the one that comes after it, and a
// sum done apart from the catalogue, so that it can judge it.
#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace baton::sim {

// "small" and "large", with a new price of "small" from kNewPrices on.
const Catalog& first_catalog();
// The same without the sheets of before that day.
const Catalog& second_catalog();
inline constexpr std::string_view kNewPrices = "2026-11-21";

// What a usage is billed by the sheet of that date. Requires: there is one in the first catalogue.
Money bill_of(std::string_view model, std::string_view price_date, const Usage& usage, bool batch);

}  // namespace baton::sim
