// Catalog: the models baton knows and their dated prices. Facts and their sources are in
// catalog/models.toml, which a user can override row by row.
//
// A model without a price valid on the day asked for has no price: the caller refuses the call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/tokens.h"
#include "catalog/usage.h"

namespace baton {

// One row: what a token of each class costs, for requests up to `max_prompt` tokens of prompt.
struct PriceStep {
  std::optional<Tokens> max_prompt{};  // none: no upper bound
  Money input{};
  Money cache_write_5m{};
  Money cache_write_1h{};
  Money cache_read{};
  Money output{};

  bool operator==(const PriceStep&) const = default;
};

// How a call is asked for: answered at once, or within a day in a batch.
enum class Service { kStandard, kBatch };

// The prices of one model from `valid_from` (a UTC date, "2026-10-07") until a later sheet. Steps
// stand in rising order of max_prompt, the last without a bound. The step that holds is chosen per
// request, by the length of that request's whole prompt, and bills all of its tokens, output
// included.
struct PriceSheet {
  std::string valid_from{};
  std::vector<PriceStep> steps{};
  int batch_percent = 50;  // of the standard price, in a batch
  std::string source{};
  std::string verified_on{};

  const PriceStep& step_for(Tokens prompt) const;
  // The exact price of one call. In a batch: `batch_percent` of the standard price of the whole
  // call, rounded up to a whole picodollar where it is none.
  Money bill(const Usage& usage, Service service = Service::kStandard) const;
  // The most a call can cost with at most `prompt` tokens of prompt and `output` of output: every
  // prompt token at the dearest class it can be billed at, in the dearest step it can reach.
  // What is not marked to be cached can not be billed as a cache write.
  enum class Cache { kUnused, kMarked };
  Money worst_case(Tokens prompt, Tokens output, Cache cache = Cache::kMarked,
                   Service service = Service::kStandard) const;
  bool operator==(const PriceSheet&) const = default;
};

struct Model {
  std::string id{};
  std::vector<std::string> aliases{};  // other ids that mean the same model, dated ones among them
  Tokens context_window{};
  Tokens max_output{};
  Tokens min_cacheable{};            // a shorter prefix is silently not cached
  bool takes_effort = false;         // accepts output_config.effort
  std::string rate_class{};          // models of one class share the provider's rate limits
  int tokenizer_percent = 100;       // tokens for the same text, against the older tokenizers' 100
  std::vector<PriceSheet> sheets{};  // in rising order of valid_from

  const PriceSheet* sheet_on(std::string_view date) const;  // null: no price on that day
  bool operator==(const Model&) const = default;
};

class Catalog {
 public:
  // Reads models.toml; `overrides`, if not empty, is a second file of the same form whose models
  // and sheets are added to or replace (same model and date) those of the first. kInput with file,
  // line and key for anything malformed: a negative price, a step out of order, a date that is
  // none, an amount that is no exact number of picodollars per token.
  static Result<Catalog> parse(std::string_view toml, std::string_view overrides = {},
                               std::string_view overrides_name = "the overriding models.toml");
  // The catalogue built into the program.
  static const Catalog& builtin();

  // By id or alias; null if unknown.
  const Model* find(std::string_view id) const;
  const std::map<std::string, Model, std::less<>>& models() const { return models_; }
  // A short name of the content, for the journal: the first 12 digits of its SHA-256.
  const std::string& version() const { return version_; }

 private:
  std::map<std::string, Model, std::less<>> models_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::string version_;
};

}  // namespace baton
