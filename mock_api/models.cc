#include "mock_api/models.h"

#include "base/check.h"

namespace baton::mock_api {
namespace {

// Dollars per million tokens, times 1,000: the unit of published prices in whole numbers.
constexpr Price per_mtok(std::int64_t input, std::int64_t write_5m, std::int64_t write_1h,
                         std::int64_t read, std::int64_t output) {
  constexpr std::int64_t kPico = 1'000;
  return {input * kPico, write_5m * kPico, write_1h * kPico, read * kPico, output * kPico};
}

constexpr std::int64_t kMillion = 1'000'000;
constexpr ThinkingModes kAlwaysOn{.adaptive = true, .on_by_default = true};
constexpr ThinkingModes kBudgetOnly{.enabled = true, .disabled = true};

std::vector<Model> build() {
  constexpr Price kFable5 = per_mtok(10'000, 12'500, 20'000, 1'000, 50'000);
  constexpr Price kFable51 = per_mtok(10'000, 12'500, 20'000, 250, 50'000);
  constexpr Price kOpus = per_mtok(5'000, 6'250, 10'000, 500, 25'000);
  constexpr Price kSonnet4 = per_mtok(3'000, 3'750, 6'000, 300, 15'000);
  constexpr Price kSonnet5 = per_mtok(2'000, 2'500, 4'000, 200, 10'000);

  // Published for Opus 4.7, 4.8 and 5, Sonnet 4.6 and 5, Haiku 4.5; the others take their
  // nearest's.
  constexpr ToolPrompt kOpus5Tools{.free = 286, .forced = 406};
  constexpr ToolPrompt kSonnet5Tools{.free = 354, .forced = 474};
  constexpr ToolPrompt kSonnet46Tools{.free = 497, .forced = 589};
  const Model modern{.context = kMillion,
                     .max_output = 128'000,
                     .new_tokenizer = true,
                     .effort_in_prefix = true,
                     .tool_prompt = kOpus5Tools};
  std::vector<Model> models;
  const auto add = [&models](Model model, std::vector<PriceRow> prices) {
    model.prices = std::move(prices);
    models.push_back(std::move(model));
  };
  const auto named = [](Model model, std::string_view id, std::string_view name,
                        std::string_view created, std::string_view line, std::string_view rates,
                        std::int64_t min_cached) {
    model.id = id;
    model.display_name = name;
    model.created = created;
    model.line = line;
    model.rate_class = rates;
    model.min_cached = min_cached;
    return model;
  };

  // The minimum lengths of Fable 5.2 and of the 5.5 line are not published; their lines' are used.
  Model fable = modern;
  fable.thinking = kAlwaysOn;
  add(named(fable, "claude-fable-5-2", "Claude Fable 5.2", "2026-11-09", "fable", "fable-5-2", 512),
      {{.price = per_mtok(8'000, 10'000, 16'000, 200, 40'000)}});

  Model haiku55 = modern;
  haiku55.tool_prompt = kSonnet5Tools;
  haiku55.thinking = {.adaptive = true, .enabled = true, .disabled = true, .on_by_default = true};
  add(named(haiku55, "claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-07", "haiku", "haiku-5-5",
            4'096),
      {{.price = per_mtok(500, 625, 1'000, 50, 2'500)},
       {.max_prompt = 100'000, .price = per_mtok(100, 125, 200, 10, 500)}});

  Model sonnet55 = modern;
  sonnet55.forced_tools = false;
  sonnet55.tool_prompt = kSonnet5Tools;
  sonnet55.thinking = {.adaptive = true, .between_tools = true, .on_by_default = true};
  add(named(sonnet55, "claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-28", "sonnet",
            "sonnet-5-5", 1'024),
      {{.price = kSonnet5},
       {.from = "2026-10-07", .price = per_mtok(2'000, 2'500, 4'000, 100, 10'000)}});

  Model opus55 = modern;
  opus55.forced_tools = false;
  opus55.thinking = kAlwaysOn;
  add(named(opus55, "claude-opus-5-5", "Claude Opus 5.5", "2026-09-22", "opus", "opus-5-5", 512),
      {{.price = per_mtok(4'000, 5'000, 8'000, 200, 20'000)}});

  Model fable51 = fable;
  fable51.forced_tools = false;
  add(named(fable51, "claude-fable-5-1", "Claude Fable 5.1", "2026-09-01", "fable", "fable-5-1",
            512),
      {{.price = kFable51}});
  add(named(fable51, "claude-mythos-5-1", "Claude Mythos 5.1", "2026-09-01", "mythos", "mythos-5-1",
            512),
      {{.price = kFable51}});

  Model opus5 = modern;
  opus5.thinking = {.adaptive = true, .disabled = true, .on_by_default = true};
  add(named(opus5, "claude-opus-5", "Claude Opus 5", "2026-07-24", "opus", "opus-5", 512),
      {{.price = kOpus}});
  opus5.tool_prompt = kSonnet5Tools;
  add(named(opus5, "claude-sonnet-5", "Claude Sonnet 5", "2026-06-30", "sonnet", "sonnet-5", 1'024),
      {{.price = kSonnet5}});
  add(named(fable, "claude-fable-5", "Claude Fable 5", "2026-06-09", "fable", "fable-5", 512),
      {{.price = kFable5}});
  add(named(fable, "claude-mythos-5", "Claude Mythos 5", "2026-06-09", "mythos", "mythos-5", 512),
      {{.price = kFable5}});

  Model opus4 = modern;
  opus4.thinking = {.adaptive = true, .disabled = true};
  opus4.tool_prompt = {.free = 290, .forced = 410};
  add(named(opus4, "claude-opus-4-8", "Claude Opus 4.8", "2026-05-28", "opus", "opus-4", 1'024),
      {{.price = kOpus}});
  opus4.tool_prompt = {.free = 675, .forced = 804};
  add(named(opus4, "claude-opus-4-7", "Claude Opus 4.7", "2026-04-16", "opus", "opus-4", 2'048),
      {{.price = kOpus}});

  Model gen46{.context = kMillion, .max_output = 128'000, .sampling = true};
  gen46.tool_prompt = kSonnet46Tools;
  gen46.thinking = {.adaptive = true, .enabled = true, .disabled = true};
  add(named(gen46, "claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17", "sonnet", "sonnet-4",
            2'048),
      {{.price = kSonnet4}});
  add(named(gen46, "claude-opus-4-6", "Claude Opus 4.6", "2026-02-05", "opus", "opus-4", 4'096),
      {{.price = kOpus}});

  Model gen45{.context = 200'000, .max_output = 64'000, .prefill = true, .sampling = true};
  gen45.us_geography = false;
  gen45.tool_prompt = kSonnet46Tools;
  gen45.thinking = kBudgetOnly;
  gen45.dated = "claude-opus-4-5-20251101";
  add(named(gen45, "claude-opus-4-5", "Claude Opus 4.5", "2025-11-24", "opus", "opus-4", 4'096),
      {{.price = kOpus}});
  gen45.dated = "claude-haiku-4-5-20251001";
  gen45.tool_prompt = {.free = 496, .forced = 588};
  add(named(gen45, "claude-haiku-4-5", "Claude Haiku 4.5", "2025-10-15", "haiku", "haiku-4-5",
            4'096),
      {{.price = per_mtok(1'000, 1'250, 2'000, 100, 5'000)}});
  gen45.dated = "claude-sonnet-4-5-20250929";
  gen45.tool_prompt = kSonnet46Tools;
  add(named(gen45, "claude-sonnet-4-5", "Claude Sonnet 4.5", "2025-09-29", "sonnet", "sonnet-4",
            1'024),
      {{.price = kSonnet4}});
  return models;
}

}  // namespace

const std::vector<Model>& all_models() {
  static const std::vector<Model> models = build();
  return models;
}

const Model* find_model(std::string_view id) {
  for (const Model& model : all_models()) {
    if (id == model.id || (!model.dated.empty() && id == model.dated)) return &model;
  }
  return nullptr;
}

Price price_on(const Model& model, std::string_view date, std::int64_t prompt_tokens) {
  const PriceRow* found = nullptr;
  for (const PriceRow& row : model.prices) {
    const bool fits = row.max_prompt < 0 || prompt_tokens <= row.max_prompt;
    if (row.from <= date && fits) found = &row;
  }
  BATON_CHECK(found != nullptr);
  return found->price;
}

}  // namespace baton::mock_api
