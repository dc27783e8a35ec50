// What holds for every price of the built-in table, standard and in a batch.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "catalog/catalog.h"

namespace baton {
namespace {

using Cache = PriceSheet::Cache;

constexpr Service kServices[] = {Service::kStandard, Service::kBatch};

struct Row {
  const Model* model;
  const PriceSheet* sheet;
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto& [id, model] : Catalog::builtin().models()) {
    for (const PriceSheet& sheet : model.sheets) rows.push_back({&model, &sheet});
  }
  return rows;
}

Tokens at_most(std::int64_t most) {
  return Tokens(*rc::gen::inRange<std::int64_t>(0, most + 1));
}

// Prompts of every size a model takes, those around a step's edge as often as all others.
Usage any_usage(const Row& row) {
  std::int64_t prompt = at_most(row.model->context_window.count()).count();
  const PriceStep& step = *rc::gen::elementOf(row.sheet->steps);
  if (step.max_prompt && *rc::gen::arbitrary<bool>()) {
    prompt = step.max_prompt->count() + *rc::gen::inRange<std::int64_t>(-2, 3);
  }
  Usage usage{.output = at_most(row.model->max_output.count())};
  for (Tokens* part : {&usage.cache_write_5m, &usage.cache_write_1h, &usage.cache_read}) {
    *part = at_most(prompt);
    prompt -= part->count();
  }
  usage.input = Tokens(prompt);
  return usage;
}

// The same price in picodollars, by the long way round: class by class, without Money.
std::int64_t standard_by_hand(const PriceSheet& sheet, const Usage& usage) {
  const PriceStep* step = &sheet.steps.back();
  for (const PriceStep& each : sheet.steps) {
    if (each.max_prompt && usage.prompt() <= *each.max_prompt) {
      step = &each;
      break;
    }
  }
  const auto part = [](Money price, Tokens tokens) { return price.picodollars() * tokens.count(); };
  return part(step->input, usage.input) + part(step->cache_write_5m, usage.cache_write_5m) +
         part(step->cache_write_1h, usage.cache_write_1h) +
         part(step->cache_read, usage.cache_read) + part(step->output, usage.output);
}

RC_GTEST_PROP(PriceTable, ABillIsTheSumOfItsClassesToThePicodollar, ()) {
  for (const Row& row : all_rows()) {
    const Usage usage = any_usage(row);
    RC_ASSERT(row.sheet->bill(usage).picodollars() == standard_by_hand(*row.sheet, usage));
  }
}

// No rounding happens in the built-in table: what a batch costs is its percent of the standard
// price exactly, as every price per million tokens in it is.
RC_GTEST_PROP(PriceTable, ABatchCostsItsPercentOfTheStandardPriceExactly, ()) {
  for (const Row& row : all_rows()) {
    const Usage usage = any_usage(row);
    const std::int64_t hundredths = standard_by_hand(*row.sheet, usage) * row.sheet->batch_percent;
    RC_ASSERT(hundredths % 100 == 0);
    RC_ASSERT(row.sheet->bill(usage, Service::kBatch).picodollars() == hundredths / 100);
  }
}

RC_GTEST_PROP(PriceTable, CallsOfOneStepAddUp, ()) {
  for (const Row& row : all_rows()) {
    const Usage a = any_usage(row);
    const Usage b = any_usage(row);
    Usage both = a;
    both += b;
    if (&row.sheet->step_for(a.prompt()) != &row.sheet->step_for(both.prompt())) continue;
    if (&row.sheet->step_for(b.prompt()) != &row.sheet->step_for(both.prompt())) continue;
    for (const Service service : kServices) {
      RC_ASSERT(row.sheet->bill(both, service) ==
                row.sheet->bill(a, service) + row.sheet->bill(b, service));
    }
  }
}

RC_GTEST_PROP(PriceTable, NoUsageWithinTheBoundsCostsMoreThanTheWorstCase, ()) {
  for (const Row& row : all_rows()) {
    const Usage usage = any_usage(row);
    Usage unmarked = usage;  // what is not marked can be read from a cache, never written to it
    unmarked.input += usage.cache_write_5m + usage.cache_write_1h;
    unmarked.cache_write_5m = unmarked.cache_write_1h = Tokens();
    const Tokens prompt = usage.prompt() + at_most(200'000);
    const Tokens output = usage.output + at_most(200'000);
    for (const Service service : kServices) {
      RC_ASSERT(row.sheet->bill(usage, service) <=
                row.sheet->worst_case(prompt, output, Cache::kMarked, service));
      RC_ASSERT(row.sheet->bill(unmarked, service) <=
                row.sheet->worst_case(prompt, output, Cache::kUnused, service));
    }
  }
}

RC_GTEST_PROP(PriceTable, AWorstCaseIsReached, ()) {
  for (const Row& row : all_rows()) {
    const Tokens prompt = any_usage(row).prompt();
    const Tokens output = at_most(row.model->max_output.count());
    for (const Service service : kServices) {
      RC_ASSERT(row.sheet->worst_case(prompt, output, Cache::kMarked, service) ==
                row.sheet->bill({.cache_write_1h = prompt, .output = output}, service));
      RC_ASSERT(row.sheet->worst_case(prompt, output, Cache::kUnused, service) ==
                row.sheet->bill({.input = prompt, .output = output}, service));
    }
  }
}

RC_GTEST_PROP(PriceTable, OneTokenMoreOfAnyClassCostsMore, ()) {
  const Usage one_more[] = {{.input = Tokens(1)},
                            {.cache_write_5m = Tokens(1)},
                            {.cache_write_1h = Tokens(1)},
                            {.cache_read = Tokens(1)},
                            {.output = Tokens(1)}};
  for (const Row& row : all_rows()) {
    const Usage usage = any_usage(row);
    for (const Usage& added : one_more) {
      Usage more = usage;
      more += added;
      for (const Service service : kServices) {
        RC_ASSERT(row.sheet->bill(more, service) > row.sheet->bill(usage, service));
        RC_ASSERT(row.sheet->worst_case(more.prompt(), more.output, Cache::kMarked, service) >
                  row.sheet->worst_case(usage.prompt(), usage.output, Cache::kMarked, service));
      }
    }
  }
}

RC_GTEST_PROP(PriceTable, WhatABatchSavesIsNeverNegative, ()) {
  for (const Row& row : all_rows()) {
    const Usage usage = any_usage(row);
    RC_ASSERT(row.sheet->bill(usage, Service::kBatch) <= row.sheet->bill(usage));
  }
}

RC_GTEST_PROP(PriceTable, EveryAmountReadsBackAsItWasWritten, ()) {
  for (const Row& row : all_rows()) {
    for (const Service service : kServices) {
      const Money bill = row.sheet->bill(any_usage(row), service);
      const Result<Money> again = Money::parse(bill.to_string());
      RC_ASSERT(again.ok());
      RC_ASSERT(*again == bill);
    }
  }
}

// A date is between two price changes, or before the first: one sheet holds, or none.
RC_GTEST_PROP(PriceTable, OnEveryDayOneSheetHoldsOrNone, ()) {
  const std::string day = fmt::format("{:04}-{:02}-{:02}", *rc::gen::inRange(2025, 2029),
                                      *rc::gen::inRange(1, 13), *rc::gen::inRange(1, 32));
  for (const auto& [id, model] : Catalog::builtin().models()) {
    const PriceSheet* held = model.sheet_on(day);
    int holding = 0;
    for (std::size_t i = 0; i < model.sheets.size(); ++i) {
      const bool begun = model.sheets[i].valid_from <= day;
      const bool ended = i + 1 < model.sheets.size() && model.sheets[i + 1].valid_from <= day;
      if (!begun || ended) continue;
      ++holding;
      RC_ASSERT(held == &model.sheets[i]);
    }
    RC_ASSERT(holding == (held == nullptr ? 0 : 1));
  }
}

TEST(PriceTable, ASheetHoldsFromItsFirstDayToTheDayBeforeTheNext) {
  for (const auto& [id, model] : Catalog::builtin().models()) {
    SCOPED_TRACE(id);
    for (const PriceSheet& sheet : model.sheets)
      EXPECT_EQ(model.sheet_on(sheet.valid_from), &sheet);
    EXPECT_EQ(model.sheet_on("2024-12-31"), nullptr);
    const auto rising = [](const PriceSheet& a, const PriceSheet& b) {
      return a.valid_from < b.valid_from;
    };
    EXPECT_TRUE(std::is_sorted(model.sheets.begin(), model.sheets.end(), rising));
  }
}

TEST(PriceTable, EveryRowSaysWhereItIsFromAndWhenItWasChecked) {
  for (const Row& row : all_rows()) {
    SCOPED_TRACE(row.model->id);
    EXPECT_FALSE(row.sheet->source.empty());
    EXPECT_GE(row.sheet->verified_on, row.sheet->valid_from);
  }
}

// The classes of a step keep their order, so the dearest a prompt token can be is a 1-hour write.
TEST(PriceTable, AReadIsCheaperThanInputAndAWriteIsDearer) {
  for (const Row& row : all_rows()) {
    SCOPED_TRACE(row.model->id);
    for (const PriceStep& step : row.sheet->steps) {
      EXPECT_LT(step.cache_read, step.input);
      EXPECT_EQ(step.cache_write_5m * 4, step.input * 5);
      EXPECT_EQ(step.cache_write_1h, step.input * 2);
      EXPECT_LT(step.input, step.output);
    }
  }
}

TEST(PriceTable, OfAnOddAmountAHalfIsRoundedUp) {
  const PriceSheet odd{.valid_from = "2026-01-01", .steps = {{.input = Money::pico(1)}}};
  EXPECT_EQ(odd.bill({.input = Tokens(3)}, Service::kBatch), Money::pico(2));
  EXPECT_EQ(odd.bill({.input = Tokens(4)}, Service::kBatch), Money::pico(2));
  EXPECT_EQ(odd.worst_case(Tokens(3), Tokens(0), Cache::kUnused, Service::kBatch), Money::pico(2));
}

TEST(PriceTable, APercentOfTheLargestAmountDoesNotOverflow) {
  const std::int64_t most = 9'000'000'000'000'000'001;
  const PriceSheet huge{
      .valid_from = "2026-01-01", .steps = {{.input = Money::pico(most)}}, .batch_percent = 99};
  EXPECT_EQ(huge.bill({.input = Tokens(1)}, Service::kBatch).picodollars(),
            8'910'000'000'000'000'001);
}

}  // namespace
}  // namespace baton
