// The models the stand-in serves: limits, traits and prices. Written down here a second time on
// purpose: the meter judges the engine's bill, so it must not read the engine's price table.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace baton::mock_api {

// Picodollars per token.
struct Price {
  std::int64_t input = 0;
  std::int64_t write_5m = 0;
  std::int64_t write_1h = 0;
  std::int64_t read = 0;
  std::int64_t output = 0;

  bool operator==(const Price&) const = default;
};

struct PriceRow {
  std::string_view from;         // "2026-10-07"; empty: always
  std::int64_t max_prompt = -1;  // holds for prompts up to this many tokens; -1: for any
  Price price;
};

struct ThinkingModes {
  bool adaptive = false;
  bool enabled = false;   // with a budget
  bool disabled = false;  // "disabled" is accepted
  bool between_tools = false;
  bool on_by_default = false;
};

// Tokens of the words that the API puts before a request's tools, by tool_choice.
struct ToolPrompt {
  std::int64_t free = 0;    // auto, none
  std::int64_t forced = 0;  // any, tool
};

struct Model {
  std::string_view id;     // what the bill says
  std::string_view dated;  // the snapshot an alias stands for; empty where the id is the snapshot
  std::string_view display_name;
  std::string_view created;  // date
  std::string_view line;     // haiku, sonnet, opus, fable, mythos
  std::string_view rate_class;
  std::int64_t context = 0;
  std::int64_t max_output = 0;
  std::int64_t min_cached = 0;  // a shorter prefix is silently not cached
  bool new_tokenizer = false;   // about 30 % more tokens for the same text
  bool forced_tools = true;     // takes tool_choice any and tool
  bool prefill = false;         // may end with an assistant message
  bool sampling = false;        // takes any temperature, top_p and top_k (version 2023-06-01 only)
  bool us_geography = true;     // takes inference_geo "us", at 1.1 times the price
  int batch_percent = 50;       // of every price, in a batch
  // A change of thinking or effort loses the cached tools and system prompt too, not only the
  // messages. The API leaves that to each model; here the newer ones do.
  bool effort_in_prefix = false;
  ToolPrompt tool_prompt;
  ThinkingModes thinking;
  std::vector<PriceRow> prices;  // later rows that fit win

  std::string_view snapshot() const { return dated.empty() ? id : dated; }
};

// Newest first.
const std::vector<Model>& all_models();

// By id or by dated id; null if the API would answer 404.
const Model* find_model(std::string_view id);

// The price of a request with `prompt_tokens` (input, writes and reads together) on `date`.
Price price_on(const Model& model, std::string_view date, std::int64_t prompt_tokens);

}  // namespace baton::mock_api
