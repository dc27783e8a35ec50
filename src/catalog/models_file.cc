#include "catalog/models_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/toml_file.h"

namespace baton {
namespace {

constexpr std::int64_t kPerMillion = 1'000'000;
// Bounds that no real model comes near. They keep any price times any count of tokens inside the
// range of Money.
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr std::int64_t kMostDollarsPerMillion = 10'000;

Money price(const TomlTable& table, std::string_view key) {
  const auto refuse = [&](std::string_view why) {
    table.fail_at(key, fmt::format("'{}' {}", key, why));
    return Money();
  };
  if (!table.has(key)) return refuse("is missing");
  const auto written = table.if_text(key);
  if (!written) {
    return refuse("is not a price: write dollars per million tokens in quotes, such as \"6.25\"");
  }
  const Result<Money> per_million = Money::parse(*written);
  if (!per_million) return refuse("is not a price: " + per_million.error().message);
  if (*per_million < Money()) return refuse("is a negative price");
  if (*per_million > Money::dollars(kMostDollarsPerMillion)) {
    return refuse(
        fmt::format("is more than {} dollars per million tokens", kMostDollarsPerMillion));
  }
  if (per_million->picodollars() % kPerMillion != 0) {
    return refuse(
        "is no whole number of picodollars per token: a price per million tokens has at most 6 "
        "decimals");
  }
  return Money::pico(per_million->picodollars() / kPerMillion);
}

std::optional<Tokens> tokens(const TomlTable& table, std::string_view key) {
  const auto count = table.whole(key, 1, kMostTokens);
  if (!count) return std::nullopt;
  return Tokens(*count);
}

PriceStep step(const TomlTable& table, bool last) {
  table.only_keys(
      {"max_prompt", "input", "cache_write_5m", "cache_write_1h", "cache_read", "output"});
  PriceStep step;
  step.max_prompt = tokens(table, "max_prompt");
  if (last && step.max_prompt) {
    table.fail("'steps': the last step has no 'max_prompt', so that every prompt has one");
  }
  if (!last && !step.max_prompt) {
    table.fail("'steps': a step before the last needs its 'max_prompt'");
  }
  step.input = price(table, "input");
  step.cache_write_5m = price(table, "cache_write_5m");
  step.cache_write_1h = price(table, "cache_write_1h");
  step.cache_read = price(table, "cache_read");
  step.output = price(table, "output");
  return step;
}

void steps_into(PriceSheet& sheet, const TomlTable& table) {
  const std::vector<TomlTable> steps = table.tables("steps");
  if (steps.empty()) return table.fail("'steps' is missing or empty");
  for (const TomlTable& each : steps) {
    const PriceStep next = step(each, &each == &steps.back());
    // Of two optionals the one without a value is the lesser: step() has told of it.
    if (!sheet.steps.empty() && next.max_prompt &&
        next.max_prompt <= sheet.steps.back().max_prompt) {
      return each.fail("'steps' are out of order: each 'max_prompt' is above the one before");
    }
    sheet.steps.push_back(next);
  }
}

PriceSheet sheet(const TomlTable& table) {
  table.only_keys({"valid_from", "source", "verified_on", "batch_percent", "steps"});
  PriceSheet sheet;
  sheet.valid_from = table.date("valid_from");
  sheet.source = table.text("source");
  sheet.verified_on = table.date("verified_on");
  sheet.batch_percent = static_cast<int>(table.whole("batch_percent", 1, 100).value_or(100));
  steps_into(sheet, table);
  return sheet;
}

ModelEntry model(const TomlTable& table) {
  table.only_keys({"id", "aliases", "context_window", "max_output", "min_cacheable", "takes_effort",
                   "rate_class", "tokenizer_percent", "price"});
  ModelEntry entry;
  entry.line = table.line();
  entry.id = table.text("id");
  entry.aliases = table.texts("aliases");
  entry.context_window = tokens(table, "context_window");
  entry.max_output = tokens(table, "max_output");
  entry.min_cacheable = tokens(table, "min_cacheable");
  entry.takes_effort = table.truth("takes_effort");
  if (table.has("rate_class")) entry.rate_class = table.text("rate_class");
  if (const auto percent = table.whole("tokenizer_percent", 10, 1000)) {
    entry.tokenizer_percent = static_cast<int>(*percent);
  }

  for (const TomlTable& each : table.tables("price")) {
    entry.sheets.push_back(sheet(each));
    const PriceSheet& added = entry.sheets.back();
    const auto same_date = std::count_if(
        entry.sheets.begin(), entry.sheets.end(),
        [&](const PriceSheet& other) { return other.valid_from == added.valid_from; });
    if (same_date > 1) {
      each.fail(fmt::format("'valid_from': {} has two prices from {}", entry.id, added.valid_from));
    }
  }
  std::sort(entry.sheets.begin(), entry.sheets.end(),
            [](const PriceSheet& a, const PriceSheet& b) { return a.valid_from < b.valid_from; });
  return entry;
}

std::vector<ModelEntry> models(const TomlTable& file) {
  file.only_keys({"model"});
  std::vector<ModelEntry> entries;
  std::set<std::string> ids;
  for (const TomlTable& each : file.tables("model")) {
    entries.push_back(model(each));
    if (!ids.insert(entries.back().id).second) {
      each.fail(fmt::format("'id': {} stands twice in this file", entries.back().id));
    }
  }
  return entries;
}

}  // namespace

Result<std::vector<ModelEntry>> read_models_file(std::string_view toml, std::string_view name) {
  TomlFile file(toml, name);
  std::vector<ModelEntry> entries = models(file.root());
  if (file.error()) return *file.error();
  return entries;
}

}  // namespace baton
