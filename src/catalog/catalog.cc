#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/embedded.h"
#include "base/hash.h"
#include "catalog/models_file.h"

namespace baton {
namespace {

constexpr std::string_view kFile = "models.toml";

void lay_over(std::vector<PriceSheet>& sheets, const PriceSheet& added) {
  const auto at = std::lower_bound(
      sheets.begin(), sheets.end(), added,
      [](const PriceSheet& a, const PriceSheet& b) { return a.valid_from < b.valid_from; });
  if (at != sheets.end() && at->valid_from == added.valid_from) {
    *at = added;
  } else {
    sheets.insert(at, added);
  }
}

void lay_over(Model& model, const ModelEntry& entry) {
  model.id = entry.id;
  for (const std::string& alias : entry.aliases) {
    if (std::find(model.aliases.begin(), model.aliases.end(), alias) == model.aliases.end()) {
      model.aliases.push_back(alias);
    }
  }
  model.context_window = entry.context_window.value_or(model.context_window);
  model.max_output = entry.max_output.value_or(model.max_output);
  model.min_cacheable = entry.min_cacheable.value_or(model.min_cacheable);
  model.takes_effort = entry.takes_effort.value_or(model.takes_effort);
  if (entry.rate_class) model.rate_class = *entry.rate_class;
  if (model.rate_class.empty()) model.rate_class = model.id;
  model.tokenizer_percent = entry.tokenizer_percent.value_or(model.tokenizer_percent);
  for (const PriceSheet& sheet : entry.sheets) lay_over(model.sheets, sheet);
}

// What a model cannot be without, once everything said of it is known.
std::string_view missing_key(const Model& model) {
  if (model.context_window == Tokens()) return "context_window";
  if (model.max_output == Tokens()) return "max_output";
  if (model.min_cacheable == Tokens()) return "min_cacheable";
  return {};
}

using Models = std::map<std::string, Model, std::less<>>;
using Aliases = std::map<std::string, std::string, std::less<>>;

Status add_file(Models& models, std::string_view toml, std::string_view name) {
  const Result<std::vector<ModelEntry>> entries = read_models_file(toml, name);
  if (!entries) return entries.error();
  for (const ModelEntry& entry : *entries) {
    Model& model = models[entry.id];
    lay_over(model, entry);
    if (const std::string_view key = missing_key(model); !key.empty()) {
      return input_error(
          fmt::format("{}, line {}: '{}' of {} is missing", name, entry.line, key, entry.id));
    }
  }
  return {};
}

// Every alias means one model, and no alias is another model's id.
Result<Aliases> index_aliases(const Models& models) {
  Aliases aliases;
  for (const auto& [id, model] : models) {
    for (const std::string& alias : model.aliases) {
      const auto [at, fresh] = aliases.emplace(alias, id);
      if (!fresh || models.contains(alias)) {
        return input_error(fmt::format("models.toml: the alias '{}' of {} also means {}", alias, id,
                                       fresh ? alias : at->second));
      }
    }
  }
  return aliases;
}

}  // namespace

Result<Catalog> Catalog::parse(std::string_view toml, std::string_view overrides,
                               std::string_view overrides_name) {
  Catalog catalog;
  if (const Status read = add_file(catalog.models_, toml, kFile); !read) return read.error();
  std::string content(toml);
  if (!overrides.empty()) {
    const Status read = add_file(catalog.models_, overrides, overrides_name);
    if (!read) return read.error();
    content.append(1, '\0').append(overrides);
  }
  Result<Aliases> aliases = index_aliases(catalog.models_);
  if (!aliases) return aliases.error();
  catalog.aliases_ = *std::move(aliases);
  catalog.version_ = sha256_hex(content).substr(0, 12);
  return catalog;
}

const Catalog& Catalog::builtin() {
  static const Catalog catalog = [] {
    const auto toml = embedded_file("catalog/models.toml");
    BATON_CHECK(toml.has_value());
    Result<Catalog> parsed = parse(*toml);
    BATON_CHECK(parsed.ok());
    return *std::move(parsed);
  }();
  return catalog;
}

const Model* Catalog::find(std::string_view id) const {
  if (const auto alias = aliases_.find(id); alias != aliases_.end()) id = alias->second;
  const auto at = models_.find(id);
  return at == models_.end() ? nullptr : &at->second;
}

}  // namespace baton
