// `baton models`: the price list, with where each row is from and whether it holds.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "app/commands.h"
#include "app/day_options.h"
#include "app/say.h"
#include "app/settings.h"
#include "report/csv_text.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/paint.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::int64_t kPerMillion = 1'000'000;

enum class Holds { kNow, kLater, kEnded };

struct PriceRow {
  const PriceSheet* sheet = nullptr;
  Holds holds = Holds::kNow;
  std::string until;  // the day the next one begins; empty: none is known
  bool from_user = false;
};

std::string_view to_string(Holds holds) {
  switch (holds) {
    case Holds::kNow:
      return "holds";
    case Holds::kLater:
      return "later";
    case Holds::kEnded:
      return "ended";
  }
  return {};
}

// A row is the user's if the built-in catalogue does not have it so.
bool is_from_user(const Model& model, const PriceSheet& sheet) {
  const Model* builtin = Catalog::builtin().find(model.id);
  return builtin == nullptr ||
         std::find(builtin->sheets.begin(), builtin->sheets.end(), sheet) == builtin->sheets.end();
}

std::vector<PriceRow> rows_of(const Model& model, const std::string& day) {
  std::vector<PriceRow> rows;
  for (const PriceSheet& sheet : model.sheets) {
    PriceRow row{.sheet = &sheet,
                 .holds = Holds::kNow,
                 .until = "",
                 .from_user = is_from_user(model, sheet)};
    if (&sheet != &model.sheets.back()) row.until = (&sheet + 1)->valid_from;
    if (sheet.valid_from > day) row.holds = Holds::kLater;
    if (!row.until.empty() && row.until <= day) row.holds = Holds::kEnded;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string per_million(Money price) {
  return (price * kPerMillion).to_string();
}

std::vector<std::string> prices_of(const PriceStep& step) {
  return {per_million(step.input), per_million(step.cache_write_5m),
          per_million(step.cache_write_1h), per_million(step.cache_read), per_million(step.output)};
}

// "cache reads at 10%", of the input price.
std::string read_rate(const PriceStep& step) {
  if (step.input == Money()) return "";
  return fmt::format("{}%", static_cast<double>(step.cache_read.picodollars()) * 100 /
                                static_cast<double>(step.input.picodollars()));
}

// ---- text ----

std::string state_text(const PriceRow& row) {
  switch (row.holds) {
    case Holds::kNow:
      return row.until.empty() ? "" : ", until " + row.until;
    case Holds::kLater:
      return ", NOT YET";
    case Holds::kEnded:
      return ", ENDED on " + row.until;
  }
  return {};
}

std::string step_text(const PriceStep& step, bool only) {
  const std::string range = step.max_prompt ? "prompts to " + grouped(step.max_prompt->count())
                            : only          ? "any prompt"
                                            : "longer prompts";
  std::string line = "    " + left(range, 20);
  for (const std::string& price : prices_of(step)) line += right(price, 10);
  return line + right(read_rate(step), 8) + "\n";
}

std::string sheet_text(const PriceRow& row, int width) {
  const PriceSheet& sheet = *row.sheet;
  std::string out;
  for (const PriceStep& step : sheet.steps) out += step_text(step, sheet.steps.size() == 1);
  const std::string says = fmt::format(
      "from {}{}; batch {}%; {}source: {}; verified {}", sheet.valid_from, state_text(row),
      sheet.batch_percent, row.from_user ? "YOUR FILE; " : "", sheet.source, sheet.verified_on);
  return out + hanging("      ", one_line(says), width, 6);
}

std::string model_text(const Model& model, const std::string& day, const TerminalStyle& style) {
  const Paint paint(style.color);
  std::string out = paint.bold(one_line(model.id)) + "\n";
  out +=
      hanging("  ",
              fmt::format("context {}, output to {}, caches from {}, tokenizer {}%{}",
                          grouped(model.context_window.count()), grouped(model.max_output.count()),
                          grouped(model.min_cacheable.count()), model.tokenizer_percent,
                          model.takes_effort ? ", takes effort" : ""),
              style.width, 2);
  if (!model.aliases.empty()) {
    const std::string also = fmt::format("also: {}", fmt::join(model.aliases, ", "));
    out += hanging("  ", one_line(also), style.width, 2);
  }
  const std::vector<PriceRow> rows = rows_of(model, day);
  for (const PriceRow& row : rows) out += sheet_text(row, style.width);
  if (model.sheet_on(day) == nullptr) {
    out += fmt::format("  no price on {}: its calls are refused\n", day);
  }
  return out;
}

std::string models_text(const Catalog& catalog, const std::string& day,
                        const TerminalStyle& style) {
  std::string out = fmt::format("Prices on {}, dollars per million tokens (catalogue {})\n", day,
                                catalog.version());
  out += left("", 24);
  for (const std::string_view head : {"input", "write 5m", "write 1h", "read", "output"}) {
    out += right(head, 10);
  }
  out += right("read/in", 8) + "\n";
  for (const auto& [id, model] : catalog.models()) out += "\n" + model_text(model, day, style);
  return out;
}

// ---- JSON ----

json::object step_object(const PriceStep& step) {
  return {{"max_prompt",
           step.max_prompt ? json::value(step.max_prompt->count()) : json::value(nullptr)},
          {"input_usd", per_million(step.input)},
          {"cache_write_5m_usd", per_million(step.cache_write_5m)},
          {"cache_write_1h_usd", per_million(step.cache_write_1h)},
          {"cache_read_usd", per_million(step.cache_read)},
          {"output_usd", per_million(step.output)}};
}

json::object row_object(const PriceRow& row) {
  json::array steps;
  for (const PriceStep& step : row.sheet->steps) steps.push_back(step_object(step));
  return {{"valid_from", row.sheet->valid_from},
          {"valid_until", json_text_or_null(row.until)},
          {"state", to_string(row.holds)},
          {"from_user_file", row.from_user},
          {"batch_percent", row.sheet->batch_percent},
          {"source", json_text(row.sheet->source)},
          {"verified_on", row.sheet->verified_on},
          {"steps_per_million_tokens", std::move(steps)}};
}

json::object model_object(const Model& model, const std::string& day) {
  json::array aliases;
  for (const std::string& alias : model.aliases) aliases.push_back(json_text(alias));
  json::array prices;
  for (const PriceRow& row : rows_of(model, day)) prices.push_back(row_object(row));
  return {{"id", json_text(model.id)},
          {"aliases", std::move(aliases)},
          {"context_window", model.context_window.count()},
          {"max_output", model.max_output.count()},
          {"min_cacheable", model.min_cacheable.count()},
          {"takes_effort", model.takes_effort},
          {"tokenizer_percent", model.tokenizer_percent},
          {"has_price", model.sheet_on(day) != nullptr},
          {"prices", std::move(prices)}};
}

std::string models_json(const Catalog& catalog, const std::string& day) {
  json::array models;
  for (const auto& [id, model] : catalog.models()) models.push_back(model_object(model, day));
  return pretty_json(json::object{
      {"catalog_version", catalog.version()}, {"on", day}, {"models", std::move(models)}});
}

// ---- CSV ----

// One line a step; one without prices for a model that has none.
std::string model_csv(const Model& model, const std::string& day) {
  const std::vector<std::string> limits = {
      std::to_string(model.context_window.count()), std::to_string(model.max_output.count()),
      std::to_string(model.min_cacheable.count()), std::to_string(model.tokenizer_percent)};
  std::string out;
  for (const PriceRow& row : rows_of(model, day)) {
    for (const PriceStep& step : row.sheet->steps) {
      std::vector<std::string> cells = {
          model.id, row.sheet->valid_from, row.until, std::string(to_string(row.holds)),
          step.max_prompt ? std::to_string(step.max_prompt->count()) : ""};
      const std::vector<std::string> prices = prices_of(step);
      cells.insert(cells.end(), prices.begin(), prices.end());
      cells.push_back(std::to_string(row.sheet->batch_percent));
      cells.insert(cells.end(), limits.begin(), limits.end());
      cells.push_back(row.from_user ? "user" : "builtin");
      cells.push_back(row.sheet->source);
      cells.push_back(row.sheet->verified_on);
      out += csv_line(cells);
    }
  }
  if (!model.sheets.empty()) return out;
  std::vector<std::string> cells = {model.id, "", "", "none", "", "", "", "", "", "", ""};
  cells.insert(cells.end(), limits.begin(), limits.end());
  cells.insert(cells.end(),
               {Catalog::builtin().find(model.id) == nullptr ? "user" : "builtin", "", ""});
  return csv_line(cells);
}

std::string models_csv(const Catalog& catalog, const std::string& day) {
  std::string out =
      csv_line({"model", "valid_from", "valid_until", "state", "max_prompt", "input_usd",
                "cache_write_5m_usd", "cache_write_1h_usd", "cache_read_usd", "output_usd",
                "batch_percent", "context_window", "max_output", "min_cacheable",
                "tokenizer_percent", "from", "source", "verified_on"});
  for (const auto& [id, model] : catalog.models()) out += model_csv(model, day);
  return out;
}

std::string rendered(const Catalog& catalog, const std::string& day, std::string_view format) {
  if (format == "json") return models_json(catalog, day);
  if (format == "csv") return models_csv(catalog, day);
  return models_text(catalog, day, output_style());
}

}  // namespace

ExitCode models_command(const ModelsOptions& options) {
  const Result<std::string> day = day_or_today(options.on);
  if (!day) return say(day.error());
  const Result<Tables> tables = load_tables(options.prices, "");
  if (!tables) return say(tables.error());
  const std::string text = rendered(tables->catalog, *day, options.format);
  if (Status delivered = deliver(text, options.output); !delivered) return say(delivered.error());
  return ExitCode::kDone;
}

}  // namespace baton
