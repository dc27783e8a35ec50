// A models.toml as it is written, before it is laid over what is already known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace baton {

// One [[model]]: what it does not say is left as it was.
struct ModelEntry {
  std::string id;
  int line = 0;
  std::vector<std::string> aliases;
  std::optional<Tokens> context_window;
  std::optional<Tokens> max_output;
  std::optional<Tokens> min_cacheable;
  std::optional<bool> takes_effort;
  std::optional<std::string> rate_class;
  std::optional<int> tokenizer_percent;
  std::vector<PriceSheet> sheets;  // in rising order of valid_from, no date twice
};

// kInput with `name`, line, column and key for anything that is not of the form the head of
// catalog/models.toml describes. No id stands twice.
Result<std::vector<ModelEntry>> read_models_file(std::string_view toml, std::string_view name);

}  // namespace baton
