// Reading targets.toml.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/toml_file.h"
#include "base/words.h"
#include "report/targets.h"

namespace baton {
namespace {

struct Entry {
  Target target;
  bool off = false;
};

std::string text(const TomlTable& table, std::string_view key) {
  const std::optional<std::string> written = table.if_text(key);
  if (!written && table.has(key)) table.fail_at(key, fmt::format("'{}' must be a string", key));
  return written.value_or("");
}

std::optional<std::int64_t> share(const TomlTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  const std::optional<double> percent = table.if_number(key);
  if (!percent || !(std::abs(*percent) <= 10'000)) {
    table.fail_at(key, fmt::format("'{}' must be a number of percent", key));
    return std::nullopt;
  }
  return std::llround(*percent * 10);
}

std::optional<std::int64_t> dollars(const TomlTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  const Result<Money> amount = Money::parse(table.if_text(key).value_or(""));
  if (!amount) {
    table.fail_at(key, fmt::format("'{}' must be dollars as text, such as \"12.50\"", key));
    return std::nullopt;
  }
  return (*amount).picodollars();
}

Entry entry(const TomlTable& table) {
  table.only_keys({"name", "measure", "each", "min", "max", "off"});
  Entry entry;
  entry.target.name = text(table, "name");
  if (entry.target.name.empty()) table.fail("a target needs a 'name'");
  entry.off = table.truth("off").value_or(false);
  if (entry.off) return entry;

  const std::string measure = text(table, "measure");
  const std::optional<Measure> known = value_named<Measure>(measure);
  if (!known) {
    table.fail(
        fmt::format("'{}' is not a measure; expected one of: orchestrator_share, saved, "
                    "cached_share, wasted_share, unknown_share, total, cost_per_run",
                    shorten(measure, 60)));
    return entry;
  }
  entry.target.measure = *known;
  const std::string each = text(table, "each");
  if (each == "run" || each == "day" || each == "month") {
    entry.target.each = value_named<Grouping>(each);
  } else if (!each.empty()) {
    table.fail("'each' must be run, day or month");
  }
  const bool money = *known == Measure::kTotal || *known == Measure::kCostPerRun;
  entry.target.min = money ? dollars(table, "min") : share(table, "min");
  entry.target.max = money ? dollars(table, "max") : share(table, "max");
  if (!entry.target.min && !entry.target.max) table.fail("a target needs 'min' or 'max'");
  if (entry.target.min && entry.target.max && *entry.target.min > *entry.target.max) {
    table.fail("'min' is more than 'max'");
  }
  return entry;
}

Result<std::vector<Entry>> read(std::string_view toml, std::string_view name) {
  TomlFile file(toml, name);
  const TomlTable root = file.root();
  root.only_keys({"target"}, "expected only [[target]] here");
  std::vector<Entry> entries;
  for (const TomlTable& table : root.tables("target")) entries.push_back(entry(table));
  if (file.error()) return *file.error();
  return entries;
}

}  // namespace

Result<std::vector<Target>> parse_targets(std::string_view builtin, std::string_view own,
                                          std::string_view own_name) {
  std::vector<Target> targets;
  for (const auto& [text, name] :
       {std::pair{builtin, std::string_view("targets.toml")}, std::pair{own, own_name}}) {
    Result<std::vector<Entry>> entries = read(text, name);
    if (!entries) return entries.error();
    for (Entry& entry : *entries) {
      const auto same = std::find_if(targets.begin(), targets.end(), [&](const Target& target) {
        return target.name == entry.target.name;
      });
      if (entry.off) {
        if (same != targets.end()) targets.erase(same);
      } else if (same != targets.end()) {
        *same = std::move(entry.target);
      } else {
        targets.push_back(std::move(entry.target));
      }
    }
  }
  return targets;
}

}  // namespace baton
