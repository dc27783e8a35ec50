#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"
#include "base/example_money.h"
#include "catalog/catalog.h"

namespace baton {
namespace {

constexpr std::string_view kToday = "2026-11-20";

const PriceSheet& sheet_of(std::string_view model, std::string_view date = kToday) {
  const Model* found = Catalog::builtin().find(model);
  BATON_CHECK(found != nullptr);
  const PriceSheet* sheet = found->sheet_on(date);
  BATON_CHECK(sheet != nullptr);
  return *sheet;
}

Usage in_out(std::int64_t input, std::int64_t output) {
  return {.input = Tokens(input), .output = Tokens(output)};
}

// The reference sprint: five agents, each with 500,000 tokens in and 100,000 out.
Money sprint(std::initializer_list<std::string_view> models) {
  Money total;
  for (const std::string_view model : models) {
    total += sheet_of(model).bill(in_out(500'000, 100'000));
  }
  return total;
}

TEST(PriceTest, TheReferenceSprintCostsWhatItsPriceListSays) {
  // opus: 0.5 M x $5 + 0.1 M x $25 = $5.00; haiku: 0.5 x $1 + 0.1 x $5 = $1.00;
  // sonnet: 0.5 x $3 + 0.1 x $15 = $3.00
  EXPECT_EQ(sprint({"claude-opus-4-7", "claude-opus-4-7", "claude-opus-4-7", "claude-opus-4-7",
                    "claude-opus-4-7"}),
            dollars("25.00"));
  EXPECT_EQ(sprint({"claude-opus-4-7", "claude-haiku-4-5", "claude-haiku-4-5", "claude-haiku-4-5",
                    "claude-haiku-4-5"}),
            dollars("9.00"));
  EXPECT_EQ(sprint({"claude-opus-4-7", "claude-sonnet-4-6", "claude-sonnet-4-6",
                    "claude-sonnet-4-6", "claude-sonnet-4-6"}),
            dollars("17.00"));
}

TEST(PriceTest, ContextsOfACommonSizeCostWhatAHandComputes) {
  struct Row {
    std::string_view model;
    std::int64_t context;
    std::string_view input_only;   // context x input price
    std::string_view from_cache;   // context x cache read price
    std::string_view with_answer;  // context x input + 2,000 x output price
  };
  const Row rows[] = {
      // opus: $5 in, $0.50 read, $25 out: 0.04 x 5, 0.04 x 0.5, 0.20 + 0.002 x 25
      {"claude-opus-4-7", 40'000, "0.20", "0.02", "0.25"},
      {"claude-opus-4-7", 60'000, "0.30", "0.03", "0.35"},
      {"claude-opus-4-7", 10'000, "0.05", "0.005", "0.10"},
      // sonnet: $3 in, $0.30 read, $15 out: 0.04 x 3, 0.04 x 0.3, 0.12 + 0.002 x 15
      {"claude-sonnet-4-6", 40'000, "0.12", "0.012", "0.15"},
      {"claude-sonnet-4-6", 60'000, "0.18", "0.018", "0.21"},
      {"claude-sonnet-4-6", 10'000, "0.03", "0.003", "0.06"},
      // haiku: $1 in, $0.10 read, $5 out: 0.04 x 1, 0.04 x 0.1, 0.04 + 0.002 x 5
      {"claude-haiku-4-5", 40'000, "0.04", "0.004", "0.05"},
      {"claude-haiku-4-5", 60'000, "0.06", "0.006", "0.07"},
      {"claude-haiku-4-5", 10'000, "0.01", "0.001", "0.02"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.model << " with " << row.context);
    const PriceSheet& sheet = sheet_of(row.model);
    EXPECT_EQ(sheet.bill(in_out(row.context, 0)), dollars(row.input_only));
    EXPECT_EQ(sheet.bill({.cache_read = Tokens(row.context)}), dollars(row.from_cache));
    EXPECT_EQ(sheet.bill(in_out(row.context, 2'000)), dollars(row.with_answer));
  }
}

TEST(PriceTest, EveryClassOfTokenHasItsOwnPrice) {
  const Usage one_of_each_million{.input = Tokens(1'000'000),
                                  .cache_write_5m = Tokens(1'000'000),
                                  .cache_write_1h = Tokens(1'000'000),
                                  .cache_read = Tokens(1'000'000),
                                  .output = Tokens(1'000'000)};
  // 5 + 6.25 + 10 + 0.50 + 25
  EXPECT_EQ(sheet_of("claude-opus-4-7").bill(one_of_each_million), dollars("46.75"));
  // one token of each: 0.00000125 is a haiku's 5-minute write, to the picodollar
  EXPECT_EQ(sheet_of("claude-haiku-4-5").bill({.cache_write_5m = Tokens(1)}),
            dollars("0.00000125"));
}

TEST(PriceTest, ThePriceStepIsChosenByTheWholePromptAndBillsTheOutputToo) {
  const PriceSheet& haiku = sheet_of("claude-haiku-5-5");
  // 100,000 x 0.10/M + 1,000 x 0.50/M = 0.01 + 0.0005
  EXPECT_EQ(haiku.bill(in_out(100'000, 1'000)), dollars("0.0105"));
  // 100,001 x 0.50/M + 1,000 x 2.50/M = 0.0500005 + 0.0025
  EXPECT_EQ(haiku.bill(in_out(100'001, 1'000)), dollars("0.0525005"));
  // Cached tokens are prompt as well: 1 x 0.50/M + 100,000 x 0.05/M + 1,000 x 2.50/M
  EXPECT_EQ(
      haiku.bill({.input = Tokens(1), .cache_read = Tokens(100'000), .output = Tokens(1'000)}),
      dollars("0.0075005"));
}

TEST(PriceTest, TheWorstCaseCountsEveryTokenAtTheDearestClassItCanReach) {
  // a 1 h write at 10, output at 25
  EXPECT_EQ(sheet_of("claude-opus-4-7").worst_case(Tokens(1'000'000), Tokens(100'000)),
            dollars("12.50"));
  const PriceSheet& haiku = sheet_of("claude-haiku-5-5");
  // The cheap step cannot be left: 100,000 x 0.20/M + 1,000 x 0.50/M
  EXPECT_EQ(haiku.worst_case(Tokens(100'000), Tokens(1'000)), dollars("0.0205"));
  // One token more may reach the dear one: 100,001 x 1.00/M + 1,000 x 2.50/M
  EXPECT_EQ(haiku.worst_case(Tokens(100'001), Tokens(1'000)), dollars("0.102501"));
}

TEST(PriceTest, TheWorstCaseOfAStepThatGetsCheaperIsTheDearOneBelowIt) {
  const PriceSheet falling{
      .valid_from = "2026-01-01",
      .steps = {{.max_prompt = Tokens(10), .input = Money::pico(100), .output = Money::pico(100)},
                {.input = Money::pico(1), .output = Money::pico(1)}}};
  EXPECT_EQ(falling.worst_case(Tokens(20), Tokens(5)), Money::pico(10 * 100 + 5 * 100));
}

TEST(PriceTest, APriceHoldsFromItsDateUntilTheNextOne) {
  const Model& sonnet = *Catalog::builtin().find("claude-sonnet-5-5");
  EXPECT_EQ(sonnet.sheet_on("2026-09-27"), nullptr);
  const Usage read{.cache_read = Tokens(1'000'000)};
  EXPECT_EQ(sonnet.sheet_on("2026-09-28")->bill(read), dollars("0.20"));
  EXPECT_EQ(sonnet.sheet_on("2026-10-06")->bill(read), dollars("0.20"));
  EXPECT_EQ(sonnet.sheet_on("2026-10-07")->bill(read), dollars("0.10"));
  EXPECT_EQ(sonnet.sheet_on("2031-01-01")->bill(read), dollars("0.10"));
}

// ---- what holds for every price in the table ----

std::vector<const PriceSheet*> all_sheets() {
  std::vector<const PriceSheet*> sheets;
  for (const auto& [id, model] : Catalog::builtin().models()) {
    for (const PriceSheet& sheet : model.sheets) sheets.push_back(&sheet);
  }
  return sheets;
}

Usage any_usage(std::int64_t most_per_class) {
  const auto count = [&] { return Tokens(*rc::gen::inRange<std::int64_t>(0, most_per_class)); };
  return {.input = count(),
          .cache_write_5m = count(),
          .cache_write_1h = count(),
          .cache_read = count(),
          .output = count()};
}

RC_GTEST_PROP(PriceProperty, NoSplitOfTheTokensCostsMoreThanTheWorstCase, ()) {
  const Usage usage = any_usage(*rc::gen::element<std::int64_t>(10, 40'000, 250'000));
  const Tokens spare(*rc::gen::inRange<std::int64_t>(0, 150'000));
  for (const PriceSheet* sheet : all_sheets()) {
    RC_ASSERT(sheet->worst_case(usage.prompt(), usage.output) >= sheet->bill(usage));
    RC_ASSERT(sheet->worst_case(usage.prompt() + spare, usage.output + spare) >=
              sheet->bill(usage));
  }
}

RC_GTEST_PROP(PriceProperty, WithinOneStepBillsAddUp, ()) {
  const Usage a = any_usage(12'000);
  const Usage b = any_usage(12'000);
  Usage both = a;
  both += b;
  for (const PriceSheet* sheet : all_sheets()) {
    RC_ASSERT(&sheet->step_for(a.prompt()) == &sheet->step_for(both.prompt()));
    RC_ASSERT(sheet->bill(both) == sheet->bill(a) + sheet->bill(b));
  }
}

RC_GTEST_PROP(PriceProperty, OneTokenMoreNeverCostsLess, ()) {
  const Usage usage = any_usage(60'000);
  Usage more = usage;
  more += {.input = Tokens(1), .output = Tokens(1)};
  for (const PriceSheet* sheet : all_sheets()) {
    RC_ASSERT(sheet->bill(more) > sheet->bill(usage));
  }
}

TEST(PriceTest, ABatchIsHalfThePriceOfEveryModelExactly) {
  for (const PriceSheet* sheet : all_sheets()) {
    EXPECT_EQ(sheet->batch_percent, 50);
    for (const PriceStep& step : sheet->steps) {
      for (const Money price :
           {step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read, step.output}) {
        EXPECT_EQ(price.picodollars() * sheet->batch_percent % 100, 0);
      }
    }
  }
}

}  // namespace
}  // namespace baton
