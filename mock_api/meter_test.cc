#include "mock_api/meter.h"

namespace baton::mock_api {
namespace {

constexpr std::string_view kToday = "2026-11-20";

Money charge(std::string_view model, const Usage& usage, std::string_view date = kToday) {
  return charge_for(*find_model(model), usage, {}, date);
}

TEST(MeterTest, TheReferenceSprintCostsWhatThePriceListSays) {
  const Usage sprint{.input = 500'000, .output = 100'000};
  EXPECT_EQ(charge("claude-opus-4-7", sprint), Money::dollars(5));
  EXPECT_EQ(charge("claude-sonnet-4-6", sprint), Money::dollars(3));
  EXPECT_EQ(charge("claude-haiku-4-5", sprint), Money::dollars(1));
}

TEST(MeterTest, ADatedIdIsTheSameModel) {
  EXPECT_EQ(find_model("claude-haiku-4-5-20251001"), find_model("claude-haiku-4-5"));
  EXPECT_EQ(find_model("claude-opus-4-7-20250415"), nullptr);
}

TEST(MeterTest, AllTokensOfALongHaikuPromptAreDearerOutputToo) {
  const Usage at_step{.input = 90'000, .read = 10'000, .output = 1'000};
  EXPECT_EQ(charge("claude-haiku-5-5", at_step), *Money::parse("0.0096"));
  const Usage above{.input = 90'001, .read = 10'000, .output = 1'000};
  EXPECT_EQ(charge("claude-haiku-5-5", above), *Money::parse("0.0480005"));
}

TEST(MeterTest, EachClassOfTokensHasItsOwnPrice) {
  const Usage usage{.input = 1, .write_5m = 10, .write_1h = 100, .read = 1'000, .output = 10'000};
  EXPECT_EQ(charge("claude-opus-4-7", usage), *Money::parse("0.2515675"));
}

TEST(MeterTest, ThePriceOfTheDayHolds) {
  const Usage reads{.read = 1'000'000};
  EXPECT_EQ(charge("claude-sonnet-5-5", reads, "2026-10-06"), Money::cents(20));
  EXPECT_EQ(charge("claude-sonnet-5-5", reads, "2026-10-07"), Money::cents(10));
}

TEST(MeterTest, GeographyAndSpeedCostMore) {
  const Usage usage{.input = 1'000'000};
  const Model& opus = *find_model("claude-opus-5");
  EXPECT_EQ(charge_for(opus, usage, {.us_geography = true}, kToday), *Money::parse("5.5"));
  EXPECT_EQ(charge_for(opus, usage, {.fast = true}, kToday), Money::dollars(10));
}

TEST(MeterTest, ABatchCostsHalfOfEveryClassAndOfItsSurcharge) {
  const Usage usage{.input = 1, .write_5m = 10, .write_1h = 100, .read = 1'000, .output = 10'000};
  const Model& opus = *find_model("claude-opus-4-7");
  EXPECT_EQ(charge_for(opus, usage, {.batch = true}, kToday), *Money::parse("0.12578375"));
  EXPECT_EQ(charge_for(opus, usage, {.us_geography = true, .batch = true}, kToday),
            *Money::parse("0.138362125"));
}

TEST(MeterTest, WhatCameInBatchesIsInTheBillAndToldApart) {
  Meter meter;
  const Model& haiku = *find_model("claude-haiku-4-5");
  meter.count_request(&haiku);
  meter.book(haiku, {.input = 100}, Money::cents(2));
  meter.count_request(&haiku, Meter::Way::kBatch);
  meter.book(haiku, {.input = 7}, Money::cents(1), Meter::Way::kBatch);
  EXPECT_EQ(meter.to_json(),
            R"({"total_usd":"0.03","requests":2,"by_model":{"claude-haiku-4-5":{)"
            R"("total_usd":"0.03","requests":2,"input_tokens":107,)"
            R"("cache_creation_5m_input_tokens":0,"cache_creation_1h_input_tokens":0,)"
            R"("cache_read_input_tokens":0,"output_tokens":0}},)"
            R"("batch":{"total_usd":"0.01","requests":1,"by_model":{"claude-haiku-4-5":{)"
            R"("total_usd":"0.01","requests":1,"input_tokens":7,)"
            R"("cache_creation_5m_input_tokens":0,"cache_creation_1h_input_tokens":0,)"
            R"("cache_read_input_tokens":0,"output_tokens":0}}}})");
}

TEST(MeterTest, TheBillAddsUpByModelAndCountsRequestsThatCostNothing) {
  Meter meter;
  const Model& haiku = *find_model("claude-haiku-4-5");
  const Usage usage{.input = 100, .write_5m = 8, .write_1h = 4, .read = 20, .output = 10};
  meter.count_request(&haiku);
  meter.count_request(nullptr);
  meter.book(haiku, usage, charge("claude-haiku-4-5", usage));
  EXPECT_EQ(meter.to_json(),
            R"({"total_usd":"0.00017","requests":2,"by_model":{"claude-haiku-4-5":{)"
            R"("total_usd":"0.00017","requests":1,"input_tokens":100,)"
            R"("cache_creation_5m_input_tokens":8,"cache_creation_1h_input_tokens":4,)"
            R"("cache_read_input_tokens":20,"output_tokens":10}},)"
            R"("batch":{"total_usd":"0.00","requests":0,"by_model":{}}})");
}

// A model that cannot be priced must not be served.
TEST(MeterTest, EveryModelHasAPriceForEveryPrompt) {
  for (const Model& model : all_models()) {
    SCOPED_TRACE(model.id);
    for (const std::int64_t prompt : {std::int64_t{0}, std::int64_t{100'001}, model.context}) {
      const Price price = price_on(model, kToday, prompt);
      EXPECT_GT(price.read, 0);
      EXPECT_LT(price.read, price.input);
      EXPECT_LT(price.input, price.write_5m);
      EXPECT_LT(price.write_5m, price.write_1h);
      EXPECT_LT(price.write_1h, price.output);
      for (const std::int64_t part : {price.input, price.output, price.read, price.write_5m}) {
        EXPECT_EQ(part % 1'000, 0) << "percentages and tenths are taken of it";
      }
    }
  }
}

}  // namespace
}  // namespace baton::mock_api
