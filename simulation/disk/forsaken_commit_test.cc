// A commit that could not be forced to the disk, found in the system's memory by the next process.
#include <gtest/gtest.h>

#include <future>

#include "base/temporary_folder.h"
#include "disk/disk_vfs.h"
#include "store/sqlite_journal.h"

namespace baton::disk {
namespace {

std::unique_ptr<Journal> opened(const std::filesystem::path& folder) {
  auto journal = open_sqlite_journal(
      folder, [](const std::function<void()>& work) { work(); }, Millis(0));
  EXPECT_TRUE(journal.ok()) << journal.error().message;
  return journal ? std::move(*journal) : nullptr;
}

Status append(Journal& journal, std::vector<Event> events) {
  std::promise<Status> answer;
  journal.append("r-1", std::move(events), {}, [&](Status status) { answer.set_value(status); });
  return answer.get_future().get();
}

Event mark(int number) {
  return CheckersStarted{.task = TaskId(number)};
}

// Whatever became of that commit: what is answered behind it must not hang on it.
TEST(ForsakenCommit, WhatTheNextProcessAnswersSurvivesAPowerCutAllTheSame) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-disk");
    ASSERT_TRUE(folder.ok());
    FaultyDisk disk(seed);
    const DiskVfs vfs(disk, seed);
    disk.make((folder->path() / "baton.db").string());
    {
      const auto journal = opened(folder->path());
      ASSERT_TRUE(append(*journal, {RunCreated{.run = "r-1", .workflow = "review"}}).ok());
      disk.plan({.sync_fails_at = 1});
      EXPECT_FALSE(append(*journal, {mark(1)}).ok());
      disk.let_go();
    }
    disk.restart();
    std::vector<Event> answered;
    {
      const auto journal = opened(folder->path());
      ASSERT_TRUE(append(*journal, {mark(2)}).ok());
      answered = *journal->events("r-1");
      EXPECT_EQ(answered.back(), mark(2));
      disk.cut_power();
    }
    disk.restart();
    const auto journal = opened(folder->path());
    const Result<std::vector<Event>> events = journal->events("r-1");
    ASSERT_TRUE(events.ok()) << "seed " << seed << ": " << events.error().message;
    EXPECT_EQ(*events, answered) << "seed " << seed;
  }
}

}  // namespace
}  // namespace baton::disk
