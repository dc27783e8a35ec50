#include "disk/journal_history.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "base/temporary_folder.h"

namespace baton::disk {
namespace {

constexpr std::uint64_t kSeeds = 600;

// The journal makes its small files with the system's own calls: in memory, where there is such a
// place, since making files takes longer than a history does.
const bool kInMemory =
    ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", /*overwrite=*/1) == 0;

std::optional<std::string> play(std::uint64_t seed, HistoryCounts& counts) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-disk");
  if (!folder) return folder.error().message;
  return play_history(seed, folder->path(), counts);
}

// Two thirds of the lives end by a power cut or a kill, most of them in the middle of something.
TEST(JournalHistory, WhatTheJournalHasAnsweredIsThereAfterEveryPowerCutAndFault) {
  HistoryCounts counts;
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::optional<std::string> broken = play(seed, counts);
    ASSERT_EQ(broken, std::nullopt) << "history of seed " << seed;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print(
      "{} histories in {:.1f} s ({:.0f}/s): {} lives, {} answers; {} power cuts, {} kills, "
      "{} ends; {} opens and {} commits failed ({} unanswered groups kept, {} lost); {} "
      "unsynced writes lost, {} kept, {} torn\n",
      kSeeds, took.count(), static_cast<double>(kSeeds) / took.count(), counts.lives,
      counts.answered, counts.cuts, counts.kills, counts.ends, counts.failed_opens,
      counts.failed_groups, counts.unanswered_kept, counts.unanswered_lost, counts.disk.lost,
      counts.disk.kept, counts.disk.torn);
  // A world without these would prove nothing.
  EXPECT_GT(counts.cuts, 500);
  EXPECT_GT(counts.kills, 100);
  EXPECT_GT(counts.failed_opens, 50);
  EXPECT_GT(counts.failed_groups, 300);
  EXPECT_GT(counts.unanswered_kept, 20);
  EXPECT_GT(counts.unanswered_lost, 100);
  EXPECT_GT(counts.disk.torn, 100);
  EXPECT_GT(counts.disk.failed_writes, 100);
  EXPECT_GT(counts.disk.failed_syncs, 100);
  EXPECT_GT(counts.disk.failed_reads, 50);
}

TEST(JournalHistory, ASeedPlaysTheSameHistoryEachTime) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    HistoryCounts first;
    HistoryCounts second;
    EXPECT_EQ(play(seed, first), play(seed, second));
    EXPECT_EQ(first, second) << "seed " << seed;
    EXPECT_GT(first.disk.operations, 0);
  }
}

}  // namespace
}  // namespace baton::disk
