#include "catalog/models_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/text.h"

namespace baton {
namespace {

constexpr std::int64_t kPerMillion = 1'000'000;
// Bounds that no real model comes near. They keep any price times any count of tokens inside the
// range of Money.
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr std::int64_t kMostDollarsPerMillion = 10'000;

// Reads one file. The first thing wrong is kept, and everything read after it is thrown away.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  std::vector<ModelEntry> models(const toml::table& file);
  const std::optional<Error>& error() const { return error_; }

 private:
  ModelEntry model(const toml::table& table);
  PriceSheet sheet(const toml::table& table);
  PriceStep step(const toml::table& table, bool last);
  void steps_into(PriceSheet& sheet, const toml::table& table);

  void only_keys(const toml::table& table, std::initializer_list<std::string_view> known);
  const toml::array* tables(const toml::table& table, std::string_view key);
  const toml::node* required(const toml::table& table, std::string_view key);
  std::string text(const toml::table& table, std::string_view key);
  std::vector<std::string> texts(const toml::table& table, std::string_view key);
  std::string date(const toml::table& table, std::string_view key);
  Money price(const toml::table& table, std::string_view key);
  std::optional<std::int64_t> whole(const toml::table& table, std::string_view key,
                                    std::int64_t least, std::int64_t most);
  std::optional<Tokens> tokens(const toml::table& table, std::string_view key);
  std::optional<bool> truth(const toml::table& table, std::string_view key);

  void fail(const toml::source_region& where, std::string what);

  std::string_view name_;
  std::optional<Error> error_;
};

void Reader::fail(const toml::source_region& where, std::string what) {
  if (error_) return;
  error_ = input_error(
      fmt::format("{}, line {}, column {}: {}", name_, where.begin.line, where.begin.column, what));
}

void Reader::only_keys(const toml::table& table, std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      fail(key.source(), fmt::format("'{}' is not a key that stands here; expected one of: {}",
                                     shorten(key.str(), 60), fmt::join(known, ", ")));
    }
  }
}

const toml::node* Reader::required(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) fail(table.source(), fmt::format("'{}' is missing", key));
  return node;
}

std::string Reader::text(const toml::table& table, std::string_view key) {
  const toml::node* node = required(table, key);
  if (node == nullptr) return {};
  const auto value = node->value_exact<std::string>();
  if (!value || value->empty()) {
    fail(node->source(), fmt::format("'{}' is not a text in quotes", key));
    return {};
  }
  return *value;
}

std::vector<std::string> Reader::texts(const toml::table& table, std::string_view key) {
  std::vector<std::string> out;
  const toml::node* node = table.get(key);
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    fail(node->source(), fmt::format("'{}' is not a list of texts", key));
    return out;
  }
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value || value->empty()) {
      fail(element.source(), fmt::format("'{}' is not a list of texts", key));
      return out;
    }
    out.push_back(*value);
  }
  return out;
}

std::string Reader::date(const toml::table& table, std::string_view key) {
  const toml::node* node = required(table, key);
  if (node == nullptr) return {};
  const auto value = node->value_exact<toml::date>();
  if (!value) {
    fail(node->source(),
         fmt::format("'{}' is not a date; write it without quotes, such as 2026-10-07", key));
    return {};
  }
  return fmt::format("{:04}-{:02}-{:02}", value->year, value->month, value->day);
}

Money Reader::price(const toml::table& table, std::string_view key) {
  const toml::node* node = required(table, key);
  if (node == nullptr) return {};
  const auto refuse = [&](std::string_view why) {
    fail(node->source(), fmt::format("'{}' {}", key, why));
    return Money();
  };
  const auto written = node->value_exact<std::string>();
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

std::optional<std::int64_t> Reader::whole(const toml::table& table, std::string_view key,
                                          std::int64_t least, std::int64_t most) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < least || *value > most) {
    fail(node->source(), fmt::format("'{}' is not a whole number from {} to {}", key, least, most));
    return std::nullopt;
  }
  return value;
}

std::optional<Tokens> Reader::tokens(const toml::table& table, std::string_view key) {
  const auto count = whole(table, key, 1, kMostTokens);
  if (!count) return std::nullopt;
  return Tokens(*count);
}

std::optional<bool> Reader::truth(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<bool>();
  if (!value) fail(node->source(), fmt::format("'{}' is neither true nor false", key));
  return value;
}

const toml::array* Reader::tables(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return nullptr;
  const toml::array* array = node->as_array();
  const bool all_tables =
      array != nullptr &&
      std::all_of(array->begin(), array->end(), [](const toml::node& n) { return n.is_table(); });
  if (!all_tables) {
    fail(node->source(), fmt::format("'{}' is not a list of tables", key));
    return nullptr;
  }
  return array;
}

PriceStep Reader::step(const toml::table& table, bool last) {
  only_keys(table,
            {"max_prompt", "input", "cache_write_5m", "cache_write_1h", "cache_read", "output"});
  PriceStep step;
  step.max_prompt = tokens(table, "max_prompt");
  if (last && step.max_prompt) {
    fail(table.source(),
         "'steps': the last step has no 'max_prompt', so that every prompt has one");
  }
  if (!last && !step.max_prompt) {
    fail(table.source(), "'steps': a step before the last needs its 'max_prompt'");
  }
  step.input = price(table, "input");
  step.cache_write_5m = price(table, "cache_write_5m");
  step.cache_write_1h = price(table, "cache_write_1h");
  step.cache_read = price(table, "cache_read");
  step.output = price(table, "output");
  return step;
}

void Reader::steps_into(PriceSheet& sheet, const toml::table& table) {
  const toml::array* steps = tables(table, "steps");
  if (steps == nullptr || steps->empty()) {
    return fail(table.source(), "'steps' is missing or empty");
  }
  for (const toml::node& node : *steps) {
    PriceStep next = step(*node.as_table(), &node == &steps->back());
    if (!sheet.steps.empty() && next.max_prompt &&
        *next.max_prompt <= *sheet.steps.back().max_prompt) {
      fail(node.source(), "'steps' are out of order: each 'max_prompt' is above the one before");
    }
    if (error_) return;
    sheet.steps.push_back(next);
  }
}

PriceSheet Reader::sheet(const toml::table& table) {
  only_keys(table, {"valid_from", "source", "verified_on", "batch_percent", "steps"});
  PriceSheet sheet;
  sheet.valid_from = date(table, "valid_from");
  sheet.source = text(table, "source");
  sheet.verified_on = date(table, "verified_on");
  sheet.batch_percent = static_cast<int>(whole(table, "batch_percent", 1, 100).value_or(100));
  steps_into(sheet, table);
  return sheet;
}

ModelEntry Reader::model(const toml::table& table) {
  only_keys(table, {"id", "aliases", "context_window", "max_output", "min_cacheable",
                    "takes_effort", "rate_class", "tokenizer_percent", "price"});
  ModelEntry entry;
  entry.line = static_cast<int>(table.source().begin.line);
  entry.id = text(table, "id");
  entry.aliases = texts(table, "aliases");
  entry.context_window = tokens(table, "context_window");
  entry.max_output = tokens(table, "max_output");
  entry.min_cacheable = tokens(table, "min_cacheable");
  entry.takes_effort = truth(table, "takes_effort");
  if (table.contains("rate_class")) entry.rate_class = text(table, "rate_class");
  if (const auto percent = whole(table, "tokenizer_percent", 10, 1000)) {
    entry.tokenizer_percent = static_cast<int>(*percent);
  }

  const toml::array* sheets = tables(table, "price");
  if (sheets == nullptr) return entry;
  for (const toml::node& node : *sheets) {
    entry.sheets.push_back(sheet(*node.as_table()));
    const PriceSheet& added = entry.sheets.back();
    const auto same_date = std::count_if(
        entry.sheets.begin(), entry.sheets.end(),
        [&](const PriceSheet& other) { return other.valid_from == added.valid_from; });
    if (same_date > 1) {
      fail(node.source(),
           fmt::format("'valid_from': {} has two prices from {}", entry.id, added.valid_from));
    }
  }
  std::sort(entry.sheets.begin(), entry.sheets.end(),
            [](const PriceSheet& a, const PriceSheet& b) { return a.valid_from < b.valid_from; });
  return entry;
}

std::vector<ModelEntry> Reader::models(const toml::table& file) {
  only_keys(file, {"model"});
  std::vector<ModelEntry> entries;
  const toml::array* array = tables(file, "model");
  if (array == nullptr) return entries;
  std::set<std::string> ids;
  for (const toml::node& node : *array) {
    entries.push_back(model(*node.as_table()));
    if (!ids.insert(entries.back().id).second) {
      fail(node.source(), fmt::format("'id': {} stands twice in this file", entries.back().id));
    }
    if (error_) return {};
  }
  return entries;
}

}  // namespace

Result<std::vector<ModelEntry>> read_models_file(std::string_view toml, std::string_view name) {
  try {
    const toml::table file = toml::parse(toml);
    Reader reader(name);
    std::vector<ModelEntry> entries = reader.models(file);
    if (reader.error()) return *reader.error();
    return entries;
  } catch (const toml::parse_error& e) {
    return input_error(fmt::format("{}, line {}, column {}: {}", name, e.source().begin.line,
                                   e.source().begin.column, e.description()));
  }
}

}  // namespace baton
