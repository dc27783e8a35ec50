#include "forecast/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/embedded.h"
#include "base/example_money.h"

namespace baton {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z

CompareAsk ask() {
  return {.models = {"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"},
          .newer = {"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"}};
}

// "all deep 25.00", "5.5 models -": as a table is read.
std::vector<std::string> lines_of(const Result<Comparison>& comparison) {
  if (!comparison) return {comparison.error().message};
  std::vector<std::string> lines;
  for (const CompareRow& row : comparison->rows) {
    lines.push_back(row.name + " " + (row.cost ? row.cost->to_string() : "- " + row.missing));
  }
  return lines;
}

// One deep agent and four fast ones of 500,000 tokens in and 100,000 out.
FleetPlan sprint() {
  const FleetAgent lead{.name = "lead",
                        .role = Role::kOrchestrator,
                        .model = "claude-opus-4-7",
                        .tier = Tier::kDeep,
                        .turns = 20,
                        .input = Tokens(500'000),
                        .output = Tokens(100'000)};
  FleetAgent workers = lead;
  workers.name = "workers";
  workers.count = 4;
  workers.role = Role::kWorker;
  workers.model = "claude-haiku-4-5";
  workers.tier = Tier::kFast;
  return {.title = "sprint", .agents = {lead, workers}};
}

TEST(CompareFleetTest, WithTheSameTokensTheSprintCostsWhatIsPublished) {
  CompareAsk same = ask();
  same.same_tokens = true;
  const auto compared = compare_fleet(sprint(), same, Catalog::builtin(), "2026-11-20");
  // in batches: 5.00 + 4.00 / 2; 5.5: 4.00 + 4 x (0.5 x 0.10 + 0.1 x 0.50)
  EXPECT_THAT(lines_of(compared),
              ElementsAre("as described 9.00", "all deep 25.00", "balanced workers 17.00",
                          "fast workers 9.00", "no cache 9.00", "workers in batches 7.00",
                          "5.5 models 4.40"));
  EXPECT_THAT(compared->notes, Contains(HasSubstr("taken as they are")));
}

TEST(CompareFleetTest, TokensAreCountedByTheTokenizerOfTheModelTheyGoTo) {
  const auto compared = compare_fleet(sprint(), ask(), Catalog::builtin(), "2026-11-20");
  // all deep: 5.00 + 4 x 1.3 x 5.00
  EXPECT_EQ(lines_of(compared)[1], "all deep 31.00");
  EXPECT_THAT(compared->notes,
              Contains("token counts do not transfer: 100 tokens of claude-haiku-4-5 are taken as "
                       "130 of claude-opus-4-7"));
}

TEST(CompareFleetTest, AFleetWithSomethingToCacheShowsHowItIsShared) {
  const FleetAgent deep{.name = "deep",
                        .count = 2,
                        .role = Role::kOrchestrator,
                        .model = "claude-opus-4-7",
                        .tier = Tier::kDeep};
  FleetAgent fast = deep;
  fast.count = 3;
  fast.role = Role::kWorker;
  fast.model = "claude-haiku-4-5";
  const FleetPlan fleet{.title = "shared",
                        .shared_context = Tokens(50'000),
                        .cache = CacheUse::kStaggered,
                        .agents = {deep, fast}};
  EXPECT_THAT(lines_of(compare_fleet(fleet, ask(), Catalog::builtin(), "2026-11-20")),
              testing::IsSupersetOf({"as described 0.41", "no cache 0.65", "cache, staggered 0.41",
                                     "cache, all at once 0.8125"}));
}

TEST(CompareFleetTest, ARowThatHasNoPriceSaysWhyAndTheOthersStand) {
  const auto compared = compare_fleet(sprint(), ask(), Catalog::builtin(), "2026-09-25");
  EXPECT_EQ(lines_of(compared).front(), "as described 9.00");
  EXPECT_THAT(lines_of(compared).back(),
              HasSubstr("5.5 models - workers: claude-haiku-5-5 has no price on 2026-09-25"));
}

TEST(CompareFleetTest, AModelOfNoTierStaysWhereItIs) {
  FleetPlan fleet = sprint();
  fleet.agents[0].model = "claude-opus-4-6";
  fleet.agents[0].tier.reset();
  CompareAsk same = ask();
  same.same_tokens = true;
  const auto compared = compare_fleet(fleet, same, Catalog::builtin(), "2026-11-20");
  EXPECT_EQ(lines_of(compared).back(), "5.5 models 5.40");
  EXPECT_THAT(compared->notes, Contains(HasSubstr("claude-opus-4-6 is the model of no tier")));
}

TEST(CompareFleetTest, AFleetThatHasNoPriceIsAnError) {
  EXPECT_FALSE(compare_fleet(sprint(), ask(), Catalog::builtin(), "2020-01-01").ok());
}

// ---- a recorded run ----

Usage in_out(std::int64_t input, std::int64_t output) {
  return {.input = Tokens(input), .output = Tokens(output)};
}

// A planning call on the deep model ($0.0075), and a worker's on the fast one ($0.00525) that read
// from its cache.
std::vector<Event> journal() {
  return {
      TaskAdded{.at = kNoon, .spec = {.id = TaskId(0), .role = Role::kOrchestrator}},
      AttemptStarted{.at = kNoon, .task = TaskId(0), .tier = Tier::kDeep},
      CallReserved{.at = kNoon,
                   .call = CallId(1),
                   .task = TaskId(0),
                   .model = "claude-opus-4-7",
                   .hold = dollars("1"),
                   .price_date = "2026-04-16"},
      CallEnded{
          .at = kNoon, .call = CallId(1), .charge = dollars("0.0075"), .usage = in_out(1'000, 100)},
      TaskAdded{.at = kNoon, .spec = {.id = TaskId(1), .role = Role::kWorker}},
      AttemptStarted{.at = kNoon, .task = TaskId(1), .tier = Tier::kFast},
      CallReserved{.at = kNoon,
                   .call = CallId(2),
                   .task = TaskId(1),
                   .model = "claude-haiku-4-5",
                   .hold = dollars("1"),
                   .price_date = "2026-07-24"},
      CallEnded{.at = kNoon,
                .call = CallId(2),
                .charge = dollars("0.00525"),
                .usage = {.input = Tokens(1'000),
                          .cache_write_5m = Tokens(2'200),
                          .cache_read = Tokens(10'000),
                          .output = Tokens(100)}}};
}

TEST(RecordedRunTest, IsTheCallsThatWereBilled) {
  std::vector<Event> events = journal();
  const CallReserved lost{
      .at = kNoon, .call = CallId(3), .task = TaskId(1), .hold = dollars("0.25")};
  CallReserved refused = lost;
  refused.call = CallId(4);
  CallReserved unknown = lost;
  unknown.call = CallId(5);
  events.insert(
      events.end(),
      {lost, refused, unknown,
       CallEnded{.at = kNoon, .call = CallId(4), .bill = BillState::kNotBilled},
       CallEnded{
           .at = kNoon, .call = CallId(5), .bill = BillState::kUnknown, .charge = dollars("0.125")},
       CallEnded{.at = kNoon, .call = CallId(6), .bill = BillState::kNotBilled}});
  const RecordedRun expected{.calls = {{.role = Role::kOrchestrator,
                                        .tier = Tier::kDeep,
                                        .model = "claude-opus-4-7",
                                        .date = "2026-11-20",
                                        .price_date = "2026-04-16",
                                        .usage = in_out(1'000, 100),
                                        .charge = dollars("0.0075")},
                                       {.role = Role::kWorker,
                                        .tier = Tier::kFast,
                                        .model = "claude-haiku-4-5",
                                        .date = "2026-11-20",
                                        .price_date = "2026-07-24",
                                        .usage = {.input = Tokens(1'000),
                                                  .cache_write_5m = Tokens(2'200),
                                                  .cache_read = Tokens(10'000),
                                                  .output = Tokens(100)},
                                        .charge = dollars("0.00525")}},
                             .unknown_calls = 2,
                             .unknown = dollars("0.375")};
  EXPECT_EQ(recorded_run(events), expected);
}

TEST(CompareRunTest, EachCallIsPricedOtherwise) {
  CompareAsk same = ask();
  same.same_tokens = true;
  // The worker's tokens are 1,000 in, 2,200 written, 10,000 read, 100 out:
  //   opus 0.005 + 0.01375 + 0.005 + 0.0025, sonnet 0.003 + 0.00825 + 0.003 + 0.0015,
  //   haiku without a cache 0.0132 + 0.0005, in a batch 0.00525 / 2,
  //   haiku 5.5 0.0001 + 0.000275 + 0.0001 + 0.00005; the planner's on opus 5.5 0.004 + 0.002
  EXPECT_THAT(lines_of(compare_run(recorded_run(journal()), same, Catalog::builtin())),
              ElementsAre("as recorded 0.01275", "all deep 0.03375", "balanced workers 0.02325",
                          "fast workers 0.01275", "no cache 0.0212", "workers in batches 0.010125",
                          "5.5 models 0.006525"));
}

TEST(CompareRunTest, WhatWentInABatchStaysInOne) {
  std::vector<Event> events = journal();
  std::get<CallReserved>(events[6]).batch = true;
  std::get<CallEnded>(events[7]).charge = dollars("0.002625");
  CompareAsk same = ask();
  same.same_tokens = true;
  const auto compared = compare_run(recorded_run(events), same, Catalog::builtin());
  EXPECT_THAT(lines_of(compared),
              ElementsAre("as recorded 0.010125", "all deep 0.020625", "balanced workers 0.015375",
                          "fast workers 0.010125", "no cache 0.01435",
                          "workers in batches 0.010125", "5.5 models 0.0062625"));
  EXPECT_THAT(compared->notes, testing::Not(Contains(HasSubstr("billed otherwise"))));
}

TEST(CompareRunTest, OnAnotherModelTheTokensAreAnothersToo) {
  const auto compared = compare_run(recorded_run(journal()), ask(), Catalog::builtin());
  // 0.0075 + 1.3 x 0.02625
  EXPECT_EQ(lines_of(compared)[1], "all deep 0.041625");
  EXPECT_THAT(compared->notes, Contains(HasSubstr("token counts do not transfer")));
}

TEST(CompareRunTest, ChosenModelsAreARowOfTheirOwn) {
  CompareAsk chosen = ask();
  chosen.chosen = true;
  chosen.models[Tier::kDeep] = "claude-sonnet-4-6";
  chosen.same_tokens = true;
  // 1,000 x 3 + 100 x 15 a million, and the worker as it was
  EXPECT_EQ(lines_of(compare_run(recorded_run(journal()), chosen, Catalog::builtin())).back(),
            "chosen models 0.00975");
}

TEST(CompareRunTest, WhatStaysCostsWhatItWasBilledWhateverThePricesAreNow) {
  const Result<Catalog> dearer = Catalog::parse(*embedded_file("catalog/models.toml"), R"(
[[model]]
id = "claude-haiku-4-5"
[[model.price]]
valid_from = 2026-07-24
source = "a contract"
verified_on = 2026-07-24
batch_percent = 50
steps = [{ input = "2", cache_write_5m = "2.5", cache_write_1h = "4", cache_read = "0.2", output = "10" }]
)");
  ASSERT_TRUE(dearer.ok());
  const auto compared = compare_run(recorded_run(journal()), ask(), *dearer);
  EXPECT_EQ(lines_of(compared)[0], "as recorded 0.01275");
  EXPECT_EQ(lines_of(compared)[3], "fast workers 0.01275");
  EXPECT_THAT(compared->notes, Contains(HasSubstr("billed otherwise")));
}

TEST(CompareRunTest, CallsOfUnknownBillAreInNoRowAndSaid) {
  RecordedRun run = recorded_run(journal());
  run.unknown_calls = 2;
  run.unknown = dollars("0.375");
  EXPECT_THAT(compare_run(run, ask(), Catalog::builtin())->notes,
              Contains("calls of unknown bill are in no row: 2, $0.3750 booked"));
}

TEST(CompareRunTest, ARunWithoutABillHasNothingToCompare) {
  EXPECT_FALSE(compare_run({}, ask(), Catalog::builtin()).ok());
}

TEST(CompareTest, APercentIsRoundedToOneDecimal) {
  EXPECT_EQ(percent_of_base(dollars("-2"), dollars("9")), -22.2);
  EXPECT_EQ(percent_of_base(dollars("16"), dollars("9")), 177.8);
  EXPECT_EQ(percent_of_base(dollars("1"), Money()), std::nullopt);
}

TEST(CompareTest, AMonthHasThirtyDays) {
  EXPECT_EQ(projected(dollars("25"), 30)->monthly, dollars("750"));
  EXPECT_EQ(projected(dollars("25"), 30)->daily, dollars("25"));
  EXPECT_EQ(projected(Money::pico(1), 1)->daily, Money::pico(1));
  EXPECT_FALSE(projected(dollars("1000000"), 1'000).has_value());
}

}  // namespace
}  // namespace baton
