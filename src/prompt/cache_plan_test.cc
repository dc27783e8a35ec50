#include "prompt/cache_plan.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

// Written for five minutes at 1.25 times the input price, for an hour at twice; read at a tenth.
PriceStep price() {
  PriceStep step;
  step.input = Money::pico(1'000'000);
  step.cache_write_5m = Money::pico(1'250'000);
  step.cache_write_1h = Money::pico(2'000'000);
  step.cache_read = Money::pico(100'000);
  step.output = Money::pico(5'000'000);
  return step;
}

PriceSheet sheet() {
  PriceSheet sheet;
  sheet.steps = {price()};
  return sheet;
}

Model model() {
  Model model;
  model.min_cacheable = Tokens(1024);
  return model;
}

std::string text_of(int tokens) {
  return std::string(static_cast<std::size_t>(4 * tokens), 'x');
}

// A question about files that `uses` calls share.
Prompt question(int uses, int shared_tokens = 5000) {
  Prompt prompt;
  prompt.system = {{"You are a reviewer."}};
  prompt.user = {{text_of(shared_tokens), true}, {"What of the names?"}};
  prompt.uses = uses;
  return prompt;
}

// A loop with tools that has taken so many turns.
Prompt loop(int turns, int tokens = 5000) {
  Prompt prompt;
  prompt.tools = "[{}]";
  prompt.user = {{text_of(tokens)}};
  for (int i = 0; i < turns; ++i) prompt.turns.push_back({"[{}]", "[{}]"});
  return prompt;
}

Prompt settled(Prompt prompt) {
  settle_cache_marks(prompt, model(), sheet());
  return prompt;
}

// Which of a prompt's user blocks and turns are marked: "x" or ".".
std::string marks(const Prompt& prompt) {
  std::string shown;
  for (const PromptBlock& block : prompt.user) shown += block.cache_mark ? 'x' : '.';
  shown += ' ';
  for (const PromptTurn& turn : prompt.turns) shown += turn.cache_mark ? 'x' : '.';
  return shown;
}

TEST(CachePlanTest, FiveMinutesPayFromTheSecondReaderOnAndAnHourFromTheThird) {
  EXPECT_FALSE(cache_pays(price(), CacheTtl::k5Minutes, 1));
  EXPECT_TRUE(cache_pays(price(), CacheTtl::k5Minutes, 2));  // 1.35 against 2
  EXPECT_FALSE(cache_pays(price(), CacheTtl::k1Hour, 2));    // 2.1 against 2
  EXPECT_TRUE(cache_pays(price(), CacheTtl::k1Hour, 3));     // 2.2 against 3
}

TEST(CachePlanTest, WhatIsSharedOftenEnoughKeepsItsMarkWhereTheWorkflowPutIt) {
  EXPECT_EQ(settled(question(2)), question(2));
  EXPECT_EQ(marks(settled(question(2))), "x. ");
}

TEST(CachePlanTest, WhatIsReadByNobodyElseIsNotMarked) {
  EXPECT_EQ(marks(settled(question(1))), ".. ");
}

TEST(CachePlanTest, WhatIsShorterThanTheModelsMinimumIsNotMarked) {
  EXPECT_EQ(marks(settled(question(16, 1000))), ".. ");
  EXPECT_EQ(marks(settled(question(16, 1024))), "x. ");
}

TEST(CachePlanTest, OnlyWhatStandsBeforeTheMarkCountsForTheMinimum) {
  Prompt prompt = question(16, 100);
  prompt.user[1].text = text_of(5000);
  EXPECT_EQ(marks(settled(prompt)), ".. ");
}

TEST(CachePlanTest, TheGrowingTailOfALoopIsMarkedAndTheTurnBeforeIt) {
  EXPECT_EQ(marks(settled(loop(0))), "x ");
  EXPECT_EQ(marks(settled(loop(1))), "x x");
  EXPECT_EQ(marks(settled(loop(2))), ". xx");
  EXPECT_EQ(marks(settled(loop(5))), ". ...xx");
}

TEST(CachePlanTest, ALoopWithLongGapsIsMarkedOnceItHasGoneOnLongEnoughForADearWrite) {
  const auto slow = [](int turns) {
    Prompt prompt = loop(turns);
    prompt.gap = Millis::seconds(600);
    return marks(settled(prompt));
  };
  EXPECT_EQ(slow(0), ". ");
  EXPECT_EQ(slow(1), ". .");
  EXPECT_EQ(slow(2), ". xx");
}

TEST(CachePlanTest, AShortLoopIsNotMarkedUntilItHasGrown) {
  EXPECT_EQ(marks(settled(loop(1, 100))), ". .");
  Prompt grown = loop(1, 100);
  grown.turns[0].reply = text_of(2000);
  EXPECT_EQ(marks(settled(grown)), "x x");
}

TEST(CachePlanTest, AnAttemptWithoutToolsHasNoTailToMark) {
  Prompt repaired = question(1);
  repaired.turns.push_back({"[{}]", text_of(2000)});
  EXPECT_EQ(marks(settled(repaired)), ".. .");
}

TEST(CachePlanTest, WhatALoopSharesWithOthersStaysMarkedHoweverLongItGrows) {
  Prompt prompt = question(4);
  prompt.tools = "[{}]";
  prompt.turns = loop(3).turns;
  EXPECT_EQ(marks(settled(prompt)), "x. .xx");
  prompt.user.pop_back();  // and if there is nothing else
  EXPECT_EQ(marks(settled(prompt)), "x .xx");
}

TEST(CachePlanTest, AnEntryLivesLongerThanTheGapBetweenItsUsesOrIsNotWritten) {
  EXPECT_EQ(ttl_for(Millis()), CacheTtl::k5Minutes);
  EXPECT_EQ(ttl_for(Millis::seconds(240)), CacheTtl::k5Minutes);
  EXPECT_EQ(ttl_for(Millis::seconds(241)), CacheTtl::k1Hour);
  EXPECT_EQ(ttl_for(Millis::seconds(2880)), CacheTtl::k1Hour);
  EXPECT_EQ(ttl_for(Millis::seconds(2881)), std::nullopt);
  Prompt slow = question(3);
  slow.gap = Millis::seconds(600);
  EXPECT_EQ(settled(slow).ttl, CacheTtl::k1Hour);
  EXPECT_EQ(marks(settled(slow)), "x. ");
  slow.uses = 2;  // two writes' worth and a read: dearer than to read plain input twice
  EXPECT_EQ(marks(settled(slow)), ".. ");
  slow.uses = 100;
  slow.gap = Millis::seconds(7200);
  EXPECT_EQ(marks(settled(slow)), ".. ");
}

TEST(CachePlanTest, NoPromptHasMoreMarksThanTheProviderTakes) {
  Prompt prompt = question(4);
  prompt.system[0] = {text_of(2000), true};
  prompt.tools = "[{}]";
  for (int turns = 0; turns < 5; ++turns) {
    prompt.turns = loop(turns).turns;
    const Prompt marked = settled(prompt);
    const std::string shown = marks(marked);
    EXPECT_LE(1 + std::count(shown.begin(), shown.end(), 'x'), 4) << turns << " turns: " << shown;
  }
}

}  // namespace
}  // namespace baton
