// Whatever happens to a run: no promise is broken, and once nothing goes wrong any more it ends.
#include "simulation/world.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "simulation/kept_seeds.h"
#include "simulation/played.h"

namespace baton::sim {
namespace {

std::string broken(std::uint64_t seed, const FaultSet& faults, Coverage& coverage,
                   const std::string& allowed = "all") {
  note_played(replay_command(seed, allowed));
  const Outcome outcome = play({seed, faults, {}}, coverage);
  if (outcome.broken.empty()) return {};
  return outcome.broken + "; play it again: " + replay_command(seed, allowed);
}

TEST(WorldTest, NoPromiseIsBrokenInAsManyWorldsAsFitInTheTime) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::seconds(20);
  Coverage coverage;
  std::uint64_t seed = 1;
  for (; Clock::now() < until; ++seed) ASSERT_EQ(broken(seed, FaultSet().set(), coverage), "");
  fmt::print(
      "{} runs were played; they reached {} pairs of a task's status and an event, {} of "
      "the run's state and an event\n",
      seed - 1, coverage.task_pairs(), coverage.run_pairs());
}

// What no seed reaches is not tested, whatever the number of seeds.
TEST(WorldTest, FewSeedsReachMostOfWhatARunCanMeet) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed)
    ASSERT_EQ(broken(seed, FaultSet().set(), coverage), "");
  EXPECT_GE(coverage.task_pairs(), 24U) << coverage.to_string();
  EXPECT_GE(coverage.run_pairs(), 100U) << coverage.to_string();
}

TEST(WorldTest, WhatHasBrokenAPromiseOnceDoesNotAgain) {
  std::ifstream file("simulation/seeds.txt");
  ASSERT_TRUE(file.good());
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Result<std::vector<KeptSeed>> seeds = read_kept_seeds(text);
  ASSERT_TRUE(seeds) << seeds.error().message;
  ASSERT_FALSE(seeds->empty());
  Coverage coverage;
  for (const KeptSeed& kept : *seeds)
    EXPECT_EQ(broken(kept.seed, kept.faults, coverage, kept.allowed), "") << kept.why;
}

TEST(WorldTest, TheSameSeedIsTheSameLife) {
  const auto life = [](std::uint64_t seed) {
    std::vector<std::string> lines;
    Coverage coverage;
    play({seed, FaultSet().set(), [&](const std::string& line) { lines.push_back(line); }},
         coverage);
    return lines;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(life(seed), life(seed));
  EXPECT_NE(life(1), life(2));
}

TEST(WorldTest, WhereNothingGoesWrongOneProcessDrivesTheRunToItsEnd) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Outcome outcome = play({seed, FaultSet(), {}}, coverage);
    ASSERT_EQ(outcome.broken, "") << seed;
    EXPECT_EQ(outcome.processes, 1) << seed;
  }
}

TEST(KeptSeedsTest, ALineSaysSeedFaultsAndWhatWasWrong) {
  const auto seeds = read_kept_seeds("# a comment\n\n7 crash,stall it stood still\n");
  ASSERT_TRUE(seeds);
  ASSERT_EQ(seeds->size(), 1U);
  EXPECT_EQ(seeds->front().seed, 7U);
  EXPECT_EQ(seeds->front().faults, *read_faults("crash,stall"));
  EXPECT_EQ(seeds->front().why, "it stood still");
  for (const char* line : {"x all why", "7 fire why", "7 all", "7"})
    EXPECT_FALSE(read_kept_seeds(line)) << line;
}

}  // namespace
}  // namespace baton::sim
