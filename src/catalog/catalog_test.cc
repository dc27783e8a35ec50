#include "catalog/catalog.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace baton {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"([[model]]
id = "small"
aliases = ["small-1"]
context_window = 1000
max_output = 100
min_cacheable = 50

[[model.price]]
valid_from = 2026-01-01
source = "a list"
verified_on = 2026-02-01
batch_percent = 50
steps = [{ input = "1", cache_write_5m = "1.25", cache_write_1h = "2", cache_read = "0.1", output = "5" }]
)";

// kSmall with one piece of it replaced.
std::string with(std::string_view old_text, std::string_view new_text) {
  std::string toml(kSmall);
  const std::size_t at = toml.find(old_text);
  EXPECT_NE(at, toml.npos) << old_text;
  return toml.replace(at, old_text.size(), new_text);
}

std::string error_of(std::string_view toml, std::string_view overrides = {}) {
  const Result<Catalog> parsed = Catalog::parse(toml, overrides);
  return parsed ? "no error" : parsed.error().message;
}

TEST(CatalogTest, AModelIsReadWhole) {
  const Result<Catalog> catalog = Catalog::parse(kSmall);
  ASSERT_TRUE(catalog) << catalog.error().message;
  const Model expected{.id = "small",
                       .aliases = {"small-1"},
                       .context_window = Tokens(1000),
                       .max_output = Tokens(100),
                       .min_cacheable = Tokens(50),
                       .rate_class = "small",
                       .sheets = {{.valid_from = "2026-01-01",
                                   .steps = {{.input = Money::pico(1'000'000),
                                              .cache_write_5m = Money::pico(1'250'000),
                                              .cache_write_1h = Money::pico(2'000'000),
                                              .cache_read = Money::pico(100'000),
                                              .output = Money::pico(5'000'000)}},
                                   .batch_percent = 50,
                                   .source = "a list",
                                   .verified_on = "2026-02-01"}}};
  EXPECT_EQ(*catalog->find("small"), expected);
  EXPECT_EQ(catalog->find("small-1"), catalog->find("small"));
}

TEST(CatalogTest, AModelThatIsNotListedIsNotFound) {
  EXPECT_EQ(Catalog::builtin().find("claude-opus-9"), nullptr);
  EXPECT_EQ(Catalog::builtin().find(""), nullptr);
  EXPECT_EQ(Catalog::builtin().find("claude-opus-4-7[1m]"), nullptr);
}

TEST(CatalogTest, AModelWhosePriceIsNotPublishedIsKnownButHasNoPrice) {
  const Model* mythos = Catalog::builtin().find("claude-mythos-5-2");
  ASSERT_NE(mythos, nullptr);
  EXPECT_EQ(mythos->sheet_on("2026-11-20"), nullptr);
}

TEST(CatalogTest, TheBuiltinTableHasEveryModelAndRate) {
  // id, context, most output, then input, 5 m write, 1 h write, read, output of each step on the
  // day the table was verified
  std::string table;
  for (const auto& [id, model] : Catalog::builtin().models()) {
    const PriceSheet* sheet = model.sheet_on("2026-11-20");
    table += fmt::format("{} {}K/{}K", id, model.context_window.count() / 1000,
                         model.max_output.count() / 1000);
    if (sheet == nullptr) table += " no price";
    for (const PriceStep& step : sheet == nullptr ? std::vector<PriceStep>{} : sheet->steps) {
      table += step.max_prompt ? fmt::format(" to {}:", step.max_prompt->count()) : ":";
      for (const Money price :
           {step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read, step.output}) {
        table += " " + (price * 1'000'000).to_string();
      }
    }
    table += '\n';
  }
  EXPECT_EQ(table,
            "claude-fable-5 1000K/128K: 10.00 12.50 20.00 1.00 50.00\n"
            "claude-fable-5-1 1000K/128K: 10.00 12.50 20.00 0.25 50.00\n"
            "claude-fable-5-2 1000K/128K: 8.00 10.00 16.00 0.20 40.00\n"
            "claude-haiku-4-5 200K/64K: 1.00 1.25 2.00 0.10 5.00\n"
            "claude-haiku-5-5 1000K/128K to 100000: 0.10 0.125 0.20 0.01 0.50: 0.50 0.625 1.00 "
            "0.05 2.50\n"
            "claude-mythos-5 1000K/128K: 10.00 12.50 20.00 1.00 50.00\n"
            "claude-mythos-5-1 1000K/128K: 10.00 12.50 20.00 0.25 50.00\n"
            "claude-mythos-5-2 200K/64K no price\n"
            "claude-opus-4-5 200K/64K: 5.00 6.25 10.00 0.50 25.00\n"
            "claude-opus-4-6 1000K/128K: 5.00 6.25 10.00 0.50 25.00\n"
            "claude-opus-4-7 1000K/128K: 5.00 6.25 10.00 0.50 25.00\n"
            "claude-opus-4-8 1000K/128K: 5.00 6.25 10.00 0.50 25.00\n"
            "claude-opus-5 1000K/128K: 5.00 6.25 10.00 0.50 25.00\n"
            "claude-opus-5-5 1000K/128K: 4.00 5.00 8.00 0.20 20.00\n"
            "claude-sonnet-4-5 200K/64K: 3.00 3.75 6.00 0.30 15.00\n"
            "claude-sonnet-4-6 1000K/128K: 3.00 3.75 6.00 0.30 15.00\n"
            "claude-sonnet-5 1000K/128K: 2.00 2.50 4.00 0.20 10.00\n"
            "claude-sonnet-5-5 1000K/128K: 2.00 2.50 4.00 0.10 10.00\n");
}

TEST(CatalogTest, DatedIdsMeanTheModelTheyAreOf) {
  const Catalog& catalog = Catalog::builtin();
  const std::pair<std::string, std::string> aliases[] = {
      {"claude-haiku-4-5-20251001", "claude-haiku-4-5"},
      {"claude-sonnet-4-5-20250929", "claude-sonnet-4-5"},
      {"claude-opus-4-5-20251101", "claude-opus-4-5"},
      {"claude-opus-4-7-20250415", "claude-opus-4-7"},
      {"claude-opus-4-7-20260416", "claude-opus-4-7"}};
  for (const auto& [alias, id] : aliases) {
    ASSERT_NE(catalog.find(alias), nullptr) << alias;
    EXPECT_EQ(catalog.find(alias)->id, id);
  }
}

TEST(CatalogTest, TraitsThatDifferBetweenModelsAreInTheTable) {
  const Catalog& catalog = Catalog::builtin();
  EXPECT_FALSE(catalog.find("claude-haiku-4-5")->takes_effort);
  EXPECT_FALSE(catalog.find("claude-sonnet-4-5")->takes_effort);
  EXPECT_TRUE(catalog.find("claude-opus-4-5")->takes_effort);
  EXPECT_TRUE(catalog.find("claude-haiku-5-5")->takes_effort);
  EXPECT_EQ(catalog.find("claude-sonnet-4-6")->min_cacheable, Tokens(2048));
  EXPECT_EQ(catalog.find("claude-opus-4-7")->min_cacheable, Tokens(2048));
  EXPECT_EQ(catalog.find("claude-sonnet-4-6")->tokenizer_percent, 100);
  EXPECT_EQ(catalog.find("claude-opus-4-7")->tokenizer_percent, 130);
  EXPECT_EQ(catalog.find("claude-opus-4-7")->rate_class,
            catalog.find("claude-opus-4-5")->rate_class);
  EXPECT_EQ(catalog.find("claude-opus-5")->rate_class, "claude-opus-5");
}

TEST(CatalogOverrideTest, ANewModelIsAdded) {
  const Result<Catalog> catalog = Catalog::parse(
      kSmall, "[[model]]\nid = 'own'\ncontext_window = 9\nmax_output = 8\nmin_cacheable = 7\n");
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ(catalog->models().size(), 2U);
  EXPECT_EQ(*catalog->find("own"), (Model{.id = "own",
                                          .context_window = Tokens(9),
                                          .max_output = Tokens(8),
                                          .min_cacheable = Tokens(7),
                                          .rate_class = "own"}));
}

constexpr std::string_view kTwoPrices = R"([[model]]
id = "small"
aliases = ["tiny"]
max_output = 200

[[model.price]]
valid_from = 2026-06-01
source = "new"
verified_on = 2026-06-01
steps = [{ input = "3", cache_write_5m = "3", cache_write_1h = "3", cache_read = "3", output = "3" }]

[[model.price]]
valid_from = 2026-01-01
source = "mended"
verified_on = 2026-06-01
steps = [{ input = "2", cache_write_5m = "2", cache_write_1h = "2", cache_read = "2", output = "2" }]
)";

TEST(CatalogOverrideTest, WhatIsGivenReplacesAndTheRestStays) {
  const Result<Catalog> catalog = Catalog::parse(kSmall, kTwoPrices);
  ASSERT_TRUE(catalog) << catalog.error().message;
  const Model& small = *catalog->find("tiny");
  EXPECT_THAT(small.aliases, testing::ElementsAre("small-1", "tiny"));
  EXPECT_EQ(small.context_window, Tokens(1000));
  EXPECT_EQ(small.max_output, Tokens(200));
  ASSERT_EQ(small.sheets.size(), 2U);
  EXPECT_EQ(small.sheet_on("2026-05-31")->source, "mended");
  EXPECT_EQ(small.sheet_on("2026-06-01")->source, "new");
}

TEST(CatalogOverrideTest, TheVersionNamesTheContentOfBothFiles) {
  const std::string plain = Catalog::parse(kSmall)->version();
  EXPECT_THAT(plain, testing::MatchesRegex("[0-9a-f]{12}"));
  EXPECT_EQ(Catalog::parse(kSmall)->version(), plain);
  EXPECT_NE(Catalog::parse(kSmall, kTwoPrices)->version(), plain);
}

TEST(CatalogErrorTest, NamesFileLineColumnAndKey) {
  EXPECT_EQ(error_of(with("input = \"1\"", "input = \"-1\"")),
            "models.toml, line 13, column 20: 'input' is a negative price");
  EXPECT_EQ(error_of(kSmall, "[[model]]\nid = 'own'\n"),
            "the overriding models.toml, line 1: 'context_window' of own is missing");
}

TEST(CatalogErrorTest, SaysWhatIsWrongWithEachMalformedFile) {
  struct Case {
    std::string_view old_text;
    std::string_view new_text;
    std::string_view says;
  };
  const Case cases[] = {
      {"[[model]]", "[[model]", "line 1"},
      {"id = \"small\"\n", "", "'id' is missing"},
      {"id = \"small\"", "id = 7", "'id' is not a text in quotes"},
      {"context_window = 1000\n", "", "'context_window' of small is missing"},
      {"context_window = 1000", "context_window = 0",
       "'context_window' is not a whole number from 1 to 100000000"},
      {"context_window = 1000", "context_window = 1e3", "'context_window' is not a whole number"},
      {"max_output = 100", "max_outputs = 100", "'max_outputs' is not a key that stands here"},
      {"[\"small-1\"]", "\"small-1\"", "'aliases' is not a list of texts"},
      {"[\"small-1\"]", "[\"small-1\", 2]", "'aliases' is not a list of texts"},
      {"[\"small-1\"]", "[\"small\"]", "the alias 'small' of small also means small"},
      {"min_cacheable = 50", "takes_effort = 1", "'takes_effort' is neither true nor false"},
      {"2026-01-01", "\"2026-01-01\"", "'valid_from' is not a date"},
      {"2026-01-01", "2026-02-30", "line 9"},
      {"2026-01-01", "2026-01-01T00:00:00", "'valid_from' is not a date"},
      {"source = \"a list\"\n", "", "'source' is missing"},
      {"batch_percent = 50", "batch_percent = 101", "'batch_percent' is not a whole number"},
      {"output = \"5\"", "output = 5", "'output' is not a price: write dollars per million"},
      {"output = \"5\"", "output = \"5 dollars\"", "'output' is not a price: '5 dollars'"},
      {"output = \"5\"", "output = \"0.0000001\"", "'output' is no whole number of picodollars"},
      {"output = \"5\"", "output = \"10001\"", "'output' is more than 10000 dollars"},
      {", output = \"5\"", "", "'output' is missing"},
      {"steps = [{", "step = [{", "'step' is not a key that stands here"},
      {"{ input", "{ max_prompt = 5, input", "the last step has no 'max_prompt'"},
      {"[[model.price]]", "[model.price]", "'price' is not a list of tables"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.new_text);
    EXPECT_THAT(error_of(with(c.old_text, c.new_text)), HasSubstr(c.says));
  }
}

TEST(CatalogErrorTest, RefusesStepsThatDoNotRise) {
  const std::string_view price =
      R"(input = "1", cache_write_5m = "1", cache_write_1h = "1", cache_read = "1", output = "1" })";
  const auto steps = [&](std::string_view bounds) {
    std::string list = "steps = [";
    for (const std::string_view bound : {bounds.substr(0, 1), bounds.substr(1, 1)}) {
      list += bound == "-" ? "{ " : fmt::format("{{ max_prompt = {}, ", bound);
      list.append(price).append(", ");
    }
    list += "{ ";
    list.append(price).append("]\n");
    return with(std::string_view(kSmall).substr(kSmall.find("steps")), list);
  };
  EXPECT_EQ(error_of(steps("12")), "no error");
  EXPECT_THAT(error_of(steps("22")), HasSubstr("'steps' are out of order"));
  EXPECT_THAT(error_of(steps("21")), HasSubstr("'steps' are out of order"));
  EXPECT_THAT(error_of(steps("1-")), HasSubstr("a step before the last needs its 'max_prompt'"));
}

TEST(CatalogErrorTest, RefusesWhatStandsTwice) {
  const std::string small(kSmall);
  EXPECT_THAT(error_of(small + small), HasSubstr("'id': small stands twice"));
  EXPECT_THAT(error_of(small + small.substr(small.find("[[model.price]]"))),
              HasSubstr("'valid_from': small has two prices from 2026-01-01"));
  EXPECT_THAT(error_of(kSmall,
                       "[[model]]\nid='other'\naliases=['small-1']\ncontext_window=9\n"
                       "max_output=9\nmin_cacheable=9\n"),
              HasSubstr("the alias 'small-1' of small also means other"));
}

TEST(CatalogErrorTest, GarbageIsAnErrorNotACrash) {
  for (const std::string_view garbage :
       {"\xff\xfe", "model = 3", "model = [1]", "[model]\nid='x'", "=", "[[[[[[[[[[", "a.b.c=1"}) {
    EXPECT_NE(error_of(garbage), "no error") << garbage;
  }
  EXPECT_NE(error_of("a = " + std::string(5000, '[')), "no error");
}

}  // namespace
}  // namespace baton
