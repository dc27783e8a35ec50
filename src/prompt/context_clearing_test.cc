#include "prompt/context_clearing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

std::string result_of(std::size_t bytes) {
  return fmt::format(R"([{{"type":"tool_result","tool_use_id":"u","content":"{}"}}])",
                     std::string(bytes, 'x'));
}

Prompt loop_of(int turns, std::size_t bytes_each = 4000) {
  Prompt prompt;
  prompt.user = {{"Do it.", false}};
  for (int i = 0; i < turns; ++i) prompt.turns.push_back({"[]", result_of(bytes_each), false});
  return prompt;
}

int cleared_in(const Prompt& prompt) {
  int count = 0;
  for (const PromptTurn& turn : prompt.turns)
    count += turn.reply.find("[cleared") != turn.reply.npos;
  return count;
}

TEST(ContextClearingTest, WhatFitsStaysAsItIs) {
  Prompt prompt = loop_of(5);
  EXPECT_EQ(clear_old_results(prompt, Tokens(10'000)), 0U);
  EXPECT_EQ(prompt, loop_of(5));
}

TEST(ContextClearingTest, TheOldestResultsGiveWayAndSayHowMuchWasThere) {
  Prompt prompt = loop_of(8);
  clear_old_results(prompt, Tokens(6'000));
  EXPECT_EQ(prompt.turns[0].reply,
            R"([{"type":"tool_result","tool_use_id":"u",)"
            R"("content":"[cleared: 4002 bytes; call the tool again if you need it]"}])");
  EXPECT_EQ(prompt.turns[7].reply, loop_of(1).turns[0].reply);
}

// The prefix of a later turn is that of the one before, or the cache would be lost at every turn.
TEST(ContextClearingTest, ALaterTurnFindsClearedWhatWasClearedBefore) {
  int strides = 0;
  for (int turns = 1; turns < 40; ++turns) {
    Prompt now = loop_of(turns), next = loop_of(turns + 1);
    clear_old_results(now, Tokens(10'000));
    clear_old_results(next, Tokens(10'000));
    next.turns.pop_back();
    strides += now != next;
    EXPECT_LE(cleared_in(now), cleared_in(next));
  }
  EXPECT_LE(strides, 12);  // of 39 turns
}

TEST(ContextClearingTest, TheLastTwoTurnsStayHoweverLongTheyAre) {
  Prompt prompt = loop_of(6, 40'000);
  clear_old_results(prompt, Tokens(5'000));
  EXPECT_EQ(cleared_in(prompt), 4);
}

TEST(ContextClearingTest, ThePromptsOwnLimitIsKeptWithinTheWindow) {
  Prompt prompt;
  EXPECT_EQ(context_limit(prompt, Tokens(200'000)), Tokens(160'000));
  prompt.most = Tokens(60'000);
  EXPECT_EQ(context_limit(prompt, Tokens(200'000)), Tokens(60'000));
}

TEST(ContextClearingTest, AReplyThatIsNoJsonIsLeftAlone) {
  Prompt prompt = loop_of(5, 40'000);
  prompt.turns[0].reply = std::string(40'000, '{');
  clear_old_results(prompt, Tokens(5'000));
  EXPECT_EQ(prompt.turns[0].reply, std::string(40'000, '{'));
}

}  // namespace
}  // namespace baton
