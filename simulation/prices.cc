#include "simulation/prices.h"

#include "base/check.h"

namespace baton::sim {
namespace {

constexpr std::string_view kSmall = R"(
[[model]]
id = "small"
context_window = 200_000
max_output = 2_000
min_cacheable = 20
takes_effort = false
tokenizer_percent = 100
)";
constexpr std::string_view kOldSheet = R"(
[[model.price]]
valid_from = 2026-01-01
source = "simulation"
verified_on = 2026-11-20
batch_percent = 50
steps = [{ input = "1", cache_write_5m = "1.25", cache_write_1h = "2", cache_read = "0.1", output = "5" }]
)";
constexpr std::string_view kNewSheet = R"(
[[model.price]]
valid_from = 2026-11-21
source = "simulation"
verified_on = 2026-11-20
batch_percent = 50
steps = [{ input = "2", cache_write_5m = "2.5", cache_write_1h = "4", cache_read = "0.2", output = "8" }]
)";
constexpr std::string_view kLarge = R"(
[[model]]
id = "large"
context_window = 200_000
max_output = 4_000
min_cacheable = 20
takes_effort = true
tokenizer_percent = 130
[[model.price]]
valid_from = 2026-01-01
source = "simulation"
verified_on = 2026-11-20
batch_percent = 50
steps = [{ input = "5", cache_write_5m = "6.25", cache_write_1h = "10", cache_read = "0.5", output = "25" }]
)";

Catalog parsed(std::string_view small_sheets) {
  Result<Catalog> catalog =
      Catalog::parse(std::string(kSmall) + std::string(small_sheets) + std::string(kLarge));
  BATON_CHECK(catalog.ok());
  return std::move(*catalog);
}

// Of a million tokens, in cents.
struct Row {
  std::string_view model, date;
  std::int64_t input, write_5m, write_1h, read, output;
};
constexpr Row kRows[] = {
    {"small", "2026-01-01", 100, 125, 200, 10, 500},
    {"small", "2026-11-21", 200, 250, 400, 20, 800},
    {"large", "2026-01-01", 500, 625, 1000, 50, 2500},
};
constexpr std::int64_t kPicoOfCentPerMillion = 10'000;

}  // namespace

const Catalog& first_catalog() {
  static const Catalog catalog = parsed(std::string(kOldSheet) + std::string(kNewSheet));
  return catalog;
}

const Catalog& second_catalog() {
  static const Catalog catalog = parsed(kNewSheet);
  return catalog;
}

Money bill_of(std::string_view model, std::string_view price_date, const Usage& usage, bool batch) {
  for (const Row& row : kRows) {
    if (row.model != model || row.date != price_date) continue;
    const std::int64_t cents =
        row.input * usage.input.count() + row.write_5m * usage.cache_write_5m.count() +
        row.write_1h * usage.cache_write_1h.count() + row.read * usage.cache_read.count() +
        row.output * usage.output.count();
    const std::int64_t pico = cents * kPicoOfCentPerMillion;
    return Money::pico(batch ? pico / 2 : pico);
  }
  check_failed("the provider has a price for the model", __FILE__, __LINE__);
}

}  // namespace baton::sim
