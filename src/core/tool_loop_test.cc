// When an attempt that uses tools is given up for getting nowhere.
#include "core/tool_loop.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

ToolRound round(const std::string& call, const std::string& outcome, const std::string& tree = "w",
                bool failed = false) {
  return {{{"read", call, outcome, failed}}, tree};
}

std::vector<ToolRound> repeated(const ToolRound& what, int times) {
  return std::vector<ToolRound>(static_cast<std::size_t>(times), what);
}

TEST(ToolLoopTest, TheSameCallWithTheSameResultThreeTimesInARowIsALoop) {
  EXPECT_EQ(no_progress(repeated(round("a", "1"), 2)), "");
  EXPECT_EQ(no_progress(repeated(round("a", "1"), 3)),
            "it made the same call 3 times in a row, with the same result (read)");
}

TEST(ToolLoopTest, TheSameCallWithAnotherResultIsNone) {
  EXPECT_EQ(no_progress({round("a", "1"), round("a", "2"), round("a", "3")}), "");
}

// A build that is run after each edit is the same call, and has a reason.
TEST(ToolLoopTest, TheSameCallOnAChangedWorkspaceIsNone) {
  EXPECT_EQ(no_progress({round("a", "1", "w1"), round("a", "1", "w2"), round("a", "1", "w3")}), "");
}

TEST(ToolLoopTest, GoingInCirclesIsNoProgress) {
  std::vector<ToolRound> rounds = {round("a", "1"), round("b", "2"), round("c", "3")};
  for (int i = 0; i < 4; ++i) rounds.push_back(i % 2 == 0 ? round("a", "1") : round("b", "2"));
  EXPECT_EQ(no_progress(rounds), "");
  rounds.push_back(round("c", "3"));
  EXPECT_EQ(no_progress(rounds), "5 turns in a row changed nothing and found nothing new");
}

// Editing back and forth comes by workspaces that were there before.
TEST(ToolLoopTest, ChangingAFileBackAndForthIsNoProgress) {
  std::vector<ToolRound> rounds;
  for (int i = 0; i < 6; ++i)
    rounds.push_back(i % 2 == 0 ? round("there", "ok", "w1") : round("back", "ok", "w2"));
  EXPECT_EQ(no_progress(rounds), "");
  rounds.push_back(round("there", "ok", "w1"));
  EXPECT_EQ(no_progress(rounds), "5 turns in a row changed nothing and found nothing new");
}

TEST(ToolLoopTest, NothingButFailuresIsNoProgressEvenIfEachIsNew) {
  std::vector<ToolRound> rounds;
  for (int i = 0; i < kFailedRounds; ++i) {
    EXPECT_EQ(no_progress(rounds), "");
    rounds.push_back(round(std::to_string(i), "no such file", "w", true));
  }
  EXPECT_EQ(no_progress(rounds), "every tool call of 8 turns in a row failed");
}

TEST(ToolLoopTest, TheModelIsWarnedOneTurnBeforeItIsGivenUp) {
  Task task;
  EXPECT_EQ(words_beside_results(task, round("a", "1")), "");
  task.rounds = {round("a", "1")};
  EXPECT_NE(words_beside_results(task, round("a", "1")), "");
}

TEST(ToolLoopTest, TheModelIsToldWhenFewTurnsAreLeft) {
  Task task;
  task.spec.limits.turns = 4;
  EXPECT_EQ(words_beside_results(task, round("a", "1")),
            "3 turns left: call finish with what you have.");
  task.spec.limits.turns = 5;
  EXPECT_EQ(words_beside_results(task, round("a", "1")), "");
}

}  // namespace
}  // namespace baton
