// Reading targets.toml.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "base/words.h"
#include "report/targets.h"

namespace baton {
namespace {

constexpr std::array<std::string_view, 6> kKeys = {"name", "measure", "each", "min", "max", "off"};

struct Entry {
  Target target;
  bool off = false;
};

// Reads one file. The first thing wrong is kept, and everything read after it is thrown away.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  std::vector<Entry> entries(const toml::table& file);
  const std::optional<Error>& error() const { return error_; }

 private:
  Entry entry(const toml::table& table);
  std::string text(const toml::table& table, std::string_view key);
  std::optional<std::int64_t> share(const toml::table& table, std::string_view key);
  std::optional<std::int64_t> dollars(const toml::table& table, std::string_view key);
  void fail(const toml::source_region& where, std::string_view what);

  std::string_view name_;
  std::optional<Error> error_;
};

void Reader::fail(const toml::source_region& where, std::string_view what) {
  if (error_) return;
  error_ = input_error(
      fmt::format("{}, line {}, column {}: {}", name_, where.begin.line, where.begin.column, what));
}

std::string Reader::text(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return {};
  const toml::value<std::string>* value = node->as_string();
  if (value == nullptr) {
    fail(node->source(), fmt::format("'{}' must be a string", key));
    return {};
  }
  return value->get();
}

std::optional<std::int64_t> Reader::share(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> percent = node->value<double>();
  if (node->is_boolean() || !percent || !(std::abs(*percent) <= 10'000)) {
    fail(node->source(), fmt::format("'{}' must be a number of percent", key));
    return std::nullopt;
  }
  return std::llround(*percent * 10);
}

std::optional<std::int64_t> Reader::dollars(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<std::string>* text = node->as_string();
  const Result<Money> amount = Money::parse(text == nullptr ? std::string_view() : text->get());
  if (!amount) {
    fail(node->source(), fmt::format("'{}' must be dollars as text, such as \"12.50\"", key));
    return std::nullopt;
  }
  return (*amount).picodollars();
}

Entry Reader::entry(const toml::table& table) {
  for (const auto& [key, node] : table) {
    if (std::find(kKeys.begin(), kKeys.end(), key.str()) == kKeys.end()) {
      fail(key.source(), fmt::format("'{}' is not a key of a target; expected one of: {}",
                                     shorten(key.str(), 60), fmt::join(kKeys, ", ")));
    }
  }
  Entry entry;
  entry.target.name = text(table, "name");
  if (entry.target.name.empty()) fail(table.source(), "a target needs a 'name'");
  entry.off = table["off"].value_or(false);
  if (entry.off) return entry;

  const std::string measure = text(table, "measure");
  const std::optional<Measure> known = value_named<Measure>(measure);
  if (!known) {
    fail(table.source(),
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
    fail(table.source(), "'each' must be run, day or month");
  }
  const bool money = *known == Measure::kTotal || *known == Measure::kCostPerRun;
  entry.target.min = money ? dollars(table, "min") : share(table, "min");
  entry.target.max = money ? dollars(table, "max") : share(table, "max");
  if (!entry.target.min && !entry.target.max) fail(table.source(), "a target needs 'min' or 'max'");
  if (entry.target.min && entry.target.max && *entry.target.min > *entry.target.max) {
    fail(table.source(), "'min' is more than 'max'");
  }
  return entry;
}

std::vector<Entry> Reader::entries(const toml::table& file) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : file) {
    const toml::array* tables = node.as_array();
    if (key.str() != "target" || tables == nullptr) {
      fail(key.source(), "expected only [[target]] here");
      return entries;
    }
    for (const toml::node& element : *tables) {
      const toml::table* table = element.as_table();
      if (table == nullptr) {
        fail(element.source(), "expected only [[target]] here");
        return entries;
      }
      entries.push_back(entry(*table));
    }
  }
  return entries;
}

Result<std::vector<Entry>> read(std::string_view text, std::string_view name) {
  try {
    const toml::table file = toml::parse(text);
    Reader reader(name);
    std::vector<Entry> entries = reader.entries(file);
    if (reader.error()) return *reader.error();
    return entries;
  } catch (const toml::parse_error& error) {
    return input_error(fmt::format("{}, line {}, column {}: {}", name, error.source().begin.line,
                                   error.source().begin.column, error.description()));
  }
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
