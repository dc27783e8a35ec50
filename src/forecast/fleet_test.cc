#include "forecast/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "base/example_money.h"

namespace baton {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kToday = "2026-11-20";

const TierModels& tiers() {
  static const TierModels models("claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7");
  return models;
}

FleetPlan fleet_of(std::string_view toml) {
  const Result<FleetPlan> fleet = parse_fleet(toml, "test.toml");
  EXPECT_TRUE(fleet.ok()) << fleet.error().message;
  return with_models(*fleet, tiers());
}

// Of an example that is shipped.
FleetPlan example(const std::string& name) {
  std::ifstream file("fleets/" + name + ".toml");
  std::stringstream text;
  text << file.rdbuf();
  return fleet_of(text.str());
}

FleetCost priced(const FleetPlan& fleet) {
  const Result<FleetCost> cost = price_fleet(fleet, Catalog::builtin(), kToday);
  EXPECT_TRUE(cost.ok()) << cost.error().message;
  return *cost;
}

std::string error_of(std::string_view toml) {
  const Result<FleetPlan> fleet = parse_fleet(toml, "test.toml");
  return fleet ? "no error" : fleet.error().message;
}

constexpr std::string_view kOne = R"(title = "One"
[[agent]]
name = "a"
model = "fast"
role = "worker"
)";

// kOne with `lines` at its end, in the table of its agent.
std::string one_with(std::string_view lines) {
  return std::string(kOne).append(lines).append("\n");
}

// ---- the examples ----

TEST(FleetTest, TheReferenceSprintsCostWhatIsPublished) {
  EXPECT_EQ(priced(example("sprint-all-deep")).total, dollars("25.00"));
  EXPECT_EQ(priced(example("sprint-fast-workers")).total, dollars("9.00"));
  EXPECT_EQ(priced(example("sprint-balanced-workers")).total, dollars("17.00"));
  EXPECT_EQ(priced(example("sprint-two-deep")).total, dollars("13.00"));
}

TEST(FleetTest, ThirtySprintsAMonthSaveFourHundredAndEightyDollars) {
  const Money deep = priced(example("sprint-all-deep")).total;
  const Money tiered = priced(example("sprint-fast-workers")).total;
  EXPECT_EQ((deep - tiered) * 30, dollars("480.00"));
}

TEST(FleetTest, SharedContextCostsWhatItsCachesAreBilled) {
  FleetPlan fleet = example("shared-context");
  // opus: 50K x 6.25 + 50K x 0.50 = 0.3375; haiku: 50K x 1.25 + 2 x 50K x 0.10 = 0.0725
  EXPECT_EQ(priced(fleet).total, dollars("0.41"));
  EXPECT_EQ(priced(fleet).usage,
            (Usage{.cache_write_5m = Tokens(100'000), .cache_read = Tokens(150'000)}));
  fleet.cache = CacheUse::kOff;  // 2 x 50K x 5 + 3 x 50K x 1
  EXPECT_EQ(priced(fleet).total, dollars("0.65"));
  fleet.cache = CacheUse::kAtOnce;  // 2 x 50K x 6.25 + 3 x 50K x 1.25
  EXPECT_EQ(priced(fleet).total, dollars("0.8125"));
}

TEST(FleetTest, TheToolLoopCostsWhatTheCostModelDerives) {
  FleetPlan fleet = example("sprint-tool-loop");
  // Of one agent: written 15K + 19 x 4K = 91K; read, the sum of 15K + 4K x (k - 2), = 969K.
  const FleetCost cached = priced(fleet);
  EXPECT_EQ(cached.calls, 100);
  EXPECT_EQ(cached.usage, (Usage{.cache_write_5m = Tokens(5 * 91'000),
                                 .cache_read = Tokens(5 * 969'000),
                                 .output = Tokens(5 * 30'000)}));
  EXPECT_EQ(cached.total, dollars("9.01625"));
  fleet.cache = CacheUse::kOff;
  EXPECT_EQ(priced(fleet).usage,
            (Usage{.input = Tokens(5 * 1'060'000), .output = Tokens(5 * 30'000)}));
  EXPECT_EQ(priced(fleet).total, dollars("30.25"));
}

TEST(FleetTest, EveryExampleFitsItsModels) {
  for (const char* name : {"sprint-all-deep", "sprint-fast-workers", "sprint-balanced-workers",
                           "sprint-two-deep", "shared-context", "sprint-tool-loop"}) {
    EXPECT_THAT(priced(example(name)).notes, IsEmpty()) << name;
  }
}

// ---- the rules ----

TEST(FleetTest, TheMoneyOfOrchestratorsIsCountedApart) {
  EXPECT_EQ(priced(example("sprint-fast-workers")).orchestrators, dollars("5.00"));
}

TEST(FleetTest, WhatCheckersDoFallsAwayFromTheBill) {
  // 5K x $1 + 1K x $5 = $0.01 for each of 10, less 40 %
  const FleetPlan fleet =
      fleet_of(one_with("count = 10\ninput = 5000\noutput = 1000\nchecked_percent = 40"));
  EXPECT_EQ(priced(fleet).total, dollars("0.06"));
  EXPECT_EQ(priced(fleet).calls, 6);
  EXPECT_EQ(priced(fleet).usage, (Usage{.input = Tokens(30'000), .output = Tokens(6'000)}));
  EXPECT_EQ(priced(fleet_of(one_with("input = 5000\nchecked_percent = 100"))).total, Money());
}

TEST(FleetTest, ABatchIsBilledAtItsPercent) {
  EXPECT_EQ(priced(fleet_of(one_with("input = 1_000\nbatch = true"))).total, dollars("0.0005"));
}

TEST(FleetTest, ABatchOfALoopAndABatchWithACacheSaySo) {
  std::string toml = one_with("turns = 3\nprefix = 9000\nbatch = true");
  toml.insert(0, "cache = \"staggered\"\n");
  EXPECT_THAT(priced(fleet_of(toml)).notes, Contains(HasSubstr("3 batches")));
  EXPECT_THAT(priced(fleet_of(toml)).notes, Contains(HasSubstr("may miss the cache")));
}

TEST(FleetTest, APriceStepIsChosenByTheTurnAndNotByTheRun) {
  // 10 turns of 100,000 tokens stay in the cheap step; 9 of 111,111 do not.
  FleetPlan fleet = fleet_of(one_with("turns = 10\ninput = 1_000_000"));
  fleet.agents[0].model = "claude-haiku-5-5";
  EXPECT_EQ(priced(fleet).total, dollars("0.10"));
  fleet.agents[0].turns = 9;
  EXPECT_EQ(priced(fleet).total, dollars("0.50"));
}

TEST(FleetTest, APrefixBelowTheModelsMinimumIsNotCached) {
  const std::string head = "cache = \"at once\"\n";
  // haiku caches from 4,096: turn 1 is too short, turn 2 writes all of it, turn 3 reads that
  const FleetPlan fleet = fleet_of(head + one_with("turns = 3\nprefix = 4000\ngrowth = 96"));
  EXPECT_EQ(priced(fleet).usage, (Usage{.input = Tokens(4000),
                                        .cache_write_5m = Tokens(4096 + 96),
                                        .cache_read = Tokens(4096)}));
}

TEST(FleetTest, OneCallAloneDoesNotMarkItsOwnPrefix) {
  const FleetPlan fleet = fleet_of("cache = \"at once\"\n" + one_with("prefix = 50_000"));
  EXPECT_EQ(priced(fleet).usage, Usage{.input = Tokens(50'000)});
}

TEST(FleetTest, AnHourInTheCacheIsWrittenAtItsOwnPrice) {
  const FleetPlan fleet =
      fleet_of("cache = \"at once\"\ncache_ttl = \"1h\"\nshared_context = 50_000\n" + one_with(""));
  EXPECT_EQ(priced(fleet).usage, Usage{.cache_write_1h = Tokens(50'000)});
  EXPECT_EQ(priced(fleet).total, dollars("0.10"));
}

TEST(FleetTest, ACallThatFitsNoWindowIsPricedAndNoted) {
  EXPECT_THAT(priced(fleet_of(one_with("input = 200_001"))).notes,
              Contains(HasSubstr("more tokens than the 200000 that claude-haiku-4-5 takes")));
  EXPECT_THAT(priced(fleet_of(one_with("output = 64_001"))).notes,
              Contains(HasSubstr("writes more than the 64000 tokens")));
}

TEST(FleetTest, AModelWithoutAPriceIsRefusedNotFree) {
  FleetPlan fleet = fleet_of(one_with("input = 10"));
  fleet.agents[0].model = "claude-mythos-5-2";
  const Result<FleetCost> unpriced = price_fleet(fleet, Catalog::builtin(), kToday);
  ASSERT_FALSE(unpriced.ok());
  EXPECT_THAT(unpriced.error().message, HasSubstr("claude-mythos-5-2 has no price on 2026-11-20"));
  fleet.agents[0].model = "claude-opus-9";
  const Result<FleetCost> unknown = price_fleet(fleet, Catalog::builtin(), kToday);
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("there is no model 'claude-opus-9'"));
}

TEST(FleetTest, ASumBeyondAnyPriceIsAnErrorAndNoCrash) {
  FleetPlan fleet = fleet_of(
      one_with("count = 10_000\nturns = 1_000\nprefix = 100_000_000\noutput = 100_000_000"));
  const Result<FleetCost> cost = price_fleet(fleet, Catalog::builtin(), kToday);
  ASSERT_FALSE(cost.ok());
  EXPECT_THAT(cost.error().message, HasSubstr("more than can be counted"));
}

TEST(FleetTest, ATierIsItsModelAndAModelItsTier) {
  const FleetPlan by_tier = fleet_of(kOne);
  EXPECT_EQ(by_tier.agents[0].model, "claude-haiku-4-5");
  std::string toml(kOne);
  toml.replace(toml.find("\"fast\""), 6, "\"claude-opus-4-7\"");
  EXPECT_EQ(fleet_of(toml).agents[0].tier, Tier::kDeep);
}

// ---- files that are wrong ----

TEST(FleetFileTest, EveryFaultNamesItsPlace) {
  struct Row {
    std::string toml;
    std::string says;
  };
  const Row rows[] = {
      {"", "test.toml, line 1, column 1: 'title' is missing"},
      {"title = 3", "line 1, column 9: 'title' is not a text"},
      {"title = \"x\"", "'agent' is not a list of 1 to 200 tables"},
      {"title = \"x\"\nagent = []", "line 2, column 9: 'agent' is not a list"},
      {"title = \"x\"\nagent = [1]", "'agent' is not a list of tables"},
      {"title = \"x\"\ncolour = 1", "line 2, column 1: 'colour' is not a key that stands here"},
      {one_with("speed = 3"), "line 6, column 1: 'speed' is not a key that stands here"},
      {one_with("count = 0"), "line 6, column 9: 'count' is not a whole number from 1 to 10000"},
      {one_with("count = 1.5"), "'count' is not a whole number"},
      {one_with("input = -1"), "'input' is not a whole number from 0 to 100000000"},
      {one_with("output = \"many\""), "'output' is not a whole number"},
      {one_with("turns = 1001"), "'turns' is not a whole number from 1 to 1000"},
      {one_with("checked_percent = 101"), "'checked_percent' is not a whole number from 0 to 100"},
      {one_with("growth = 5"), "line 6, column 10: 'growth' is what a turn adds to the next"},
      {one_with("batch = 1"), "'batch' is neither true nor false"},
      {"cache = \"hot\"\n" + std::string(kOne),
       "line 1, column 9: 'cache' is none of: off, staggered, at once"},
      {"cache_ttl = \"2h\"\n" + std::string(kOne), "'cache_ttl' is none of: 5m, 1h"},
      {"title = \"x\"\n[[agent]]\nname = \"a\"\nmodel = \"fast\"", "'role' is missing"},
      {"title = \"x\"\n[[agent]]\nname = \"a\"\nmodel = \"local\"\nrole = \"worker\"",
       "the local tier is of checkers"},
      {"title = \"x\"\n[[agent]]\nname = \"a\"\nmodel = \"fast\"\nrole = \"chief\"",
       "line 5, column 8: 'role' is none of: orchestrator, worker"},
      {"title = ", "test.toml, line 1"},
  };
  for (const Row& row : rows) EXPECT_THAT(error_of(row.toml), HasSubstr(row.says)) << row.toml;
}

TEST(FleetFileTest, AFleetIsReadWhole) {
  const Result<FleetPlan> fleet = parse_fleet(R"(
title = "All of it"
shared_context = 1_000
cache = "at once"
cache_ttl = "1h"
[[agent]]
name = "lead"
count = 2
model = "deep"
role = "orchestrator"
turns = 3
prefix = 4
growth = 5
input = 6
output = 7
checked_percent = 8
batch = true
)",
                                              "x");
  ASSERT_TRUE(fleet.ok()) << fleet.error().message;
  EXPECT_EQ(*fleet, (FleetPlan{.title = "All of it",
                               .shared_context = Tokens(1'000),
                               .cache = CacheUse::kAtOnce,
                               .ttl = CacheTtl::k1Hour,
                               .agents = {{.name = "lead",
                                           .count = 2,
                                           .role = Role::kOrchestrator,
                                           .model = "",
                                           .tier = Tier::kDeep,
                                           .turns = 3,
                                           .prefix = Tokens(4),
                                           .growth = Tokens(5),
                                           .input = Tokens(6),
                                           .output = Tokens(7),
                                           .checked_percent = 8,
                                           .batch = true}}}));
}

// ---- what holds of every fleet ----

FleetPlan any_fleet() {
  const auto tokens = [](std::int64_t most) {
    return Tokens(*rc::gen::inRange<std::int64_t>(0, most));
  };
  FleetPlan fleet{.title = "any", .shared_context = tokens(60'000)};
  const int kinds = *rc::gen::inRange(1, 4);
  for (int kind = 0; kind < kinds; ++kind) {
    fleet.agents.push_back(
        {.name = "a",
         .count = *rc::gen::inRange(1, 6),
         .role = *rc::gen::element(Role::kOrchestrator, Role::kWorker),
         .model = *rc::gen::element<std::string>("claude-haiku-4-5", "claude-haiku-5-5",
                                                 "claude-sonnet-4-6", "claude-opus-4-7"),
         .turns = *rc::gen::inRange(1, 12),
         .prefix = tokens(40'000),
         .growth = tokens(8'000),
         .input = tokens(90'000),
         .output = tokens(20'000)});
  }
  return fleet;
}

RC_GTEST_PROP(FleetProperty, ACacheMovesTokensBetweenClassesAndLosesNone, ()) {
  FleetPlan fleet = any_fleet();
  const Usage plain = priced(fleet).usage;
  for (const CacheUse use : {CacheUse::kStaggered, CacheUse::kAtOnce}) {
    fleet.cache = use;
    const Usage cached = priced(fleet).usage;
    RC_ASSERT(cached.prompt() == plain.prompt());
    RC_ASSERT(cached.output == plain.output);
  }
}

RC_GTEST_PROP(FleetProperty, StaggeredIsNeverDearerThanAtOnce, ()) {
  FleetPlan fleet = any_fleet();
  fleet.cache = CacheUse::kStaggered;
  const Money staggered = priced(fleet).total;
  fleet.cache = CacheUse::kAtOnce;
  RC_ASSERT(staggered <= priced(fleet).total);
}

RC_GTEST_PROP(FleetProperty, ABatchIsHalfOfEveryFleetExactly, ()) {
  FleetPlan fleet = any_fleet();
  const Money live = priced(fleet).total;
  for (FleetAgent& agent : fleet.agents) agent.batch = true;
  RC_ASSERT(priced(fleet).total * 2 == live);
}

RC_GTEST_PROP(FleetProperty, AgentsApartCostWhatTheyCostTogetherWithoutACache, ()) {
  const FleetPlan fleet = any_fleet();
  Money apart;
  for (const FleetAgent& agent : fleet.agents) {
    FleetPlan one = fleet;
    one.agents = {agent};
    one.agents[0].count = 1;
    apart += priced(one).total * agent.count;
  }
  RC_ASSERT(apart == priced(fleet).total);
}

RC_GTEST_PROP(FleetProperty, NoTextMakesTheReaderFail, (const std::string& text)) {
  (void)parse_fleet(text, "any");
  (void)parse_fleet(one_with(text), "any");
}

}  // namespace
}  // namespace baton
