#include "app/sprint_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"

namespace baton {
namespace {

using testing::HasSubstr;

constexpr Instant kNoon = Instant::from_unix_ms(1'795'262'400'000);

SprintRecord record_at(const std::string& id, Instant began) {
  SprintRecord record;
  record.id = id;
  record.name = "nightly";
  record.file = "/srv/nightly.toml";
  record.text = "name = \"nightly\"\n";
  record.sittings = {{began, began + Millis(60'000)}};
  return record;
}

SprintRecord full_record() {
  SprintRecord record = record_at("s-abc", kNoon);
  record.budget = Money::cents(250);
  record.sittings.push_back({kNoon + Millis(90'000), kNoon + Millis(100'000)});
  JobRecord done;
  done.line = {.name = "audit",
               .kind = "review",
               .repo = "/srv/app",
               .state = SprintJobState::kPartial,
               .note = "1 of 3 tasks is missing",
               .run = "r-1",
               .cost = Money::pico(420'000'000'001),
               .unknown = Money::cents(1),
               .cap = Money::dollars(1),
               .worked = Millis(5'000),
               .files = 4,
               .tasks = 3,
               .tasks_done = 2,
               .branch = "baton/audit"};
  done.since = kNoon;
  JobRecord running;
  running.line.name = "build";
  running.line.kind = "feature";
  running.line.state = SprintJobState::kRunning;
  running.pid = 4711;
  running.since = kNoon + Millis(5);
  record.jobs = {done, running, JobRecord()};
  return record;
}

TEST(SprintRecordTest, WhatIsReadIsWhatWasWritten) {
  const std::string written = write_record(full_record());
  const Result<SprintRecord> read = read_record(written, "sprint.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(write_record(*read), written);
  EXPECT_EQ(read->jobs[0].line.cost, Money::pico(420'000'000'001));
  EXPECT_EQ(read->jobs[0].line.files, 4);
  EXPECT_EQ(read->jobs[1].pid, 4711);
  EXPECT_EQ(read->jobs[2].line.files, std::nullopt);
  EXPECT_EQ(read->jobs[2].since, std::nullopt);
  EXPECT_EQ(read->worked(), Millis(70'000));
}

TEST(SprintRecordTest, WhatIsNotARecordIsRefusedAndNamed) {
  const std::string written = write_record(full_record());
  const auto with = [&](std::string_view old, std::string_view other) {
    std::string text = written;
    return text.replace(text.find(old), old.size(), other);
  };
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("{}"),
        with("\"format\": 1", "\"format\": 2"), with("\"partial\"", "\"bored\""),
        with("0.420000000001", "much"), with("\"id\": \"s-abc\"", "\"id\": \"../x\""),
        written.substr(0, written.size() / 2)}) {
    const Result<SprintRecord> read = read_record(text, "sprint.json");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kStorage);
    EXPECT_THAT(read.error().message, HasSubstr("sprint.json"));
  }
}

class SprintFolderTest : public testing::Test {
 protected:
  void save(const SprintRecord& record) {
    ASSERT_TRUE(folder_.lease(record.id).ok());
    ASSERT_TRUE(folder_.save(record).ok());
  }

  Result<TemporaryFolder> place_ = TemporaryFolder::create("sprint");
  SprintFolder folder_{place_->path()};
};

TEST_F(SprintFolderTest, EarlierSprintsOfTheNameComeLatestFirstAndDamagedOnesArePassedOver) {
  for (int i = 1; i <= 4; ++i) save(record_at(fmt::format("s-{}", i), kNoon + Millis(i)));
  SprintRecord other = record_at("s-other", kNoon);
  other.name = "weekly";
  save(other);
  save(record_at("s-damaged", kNoon));
  std::ofstream(place_->path() / "sprints/s-damaged/sprint.json") << "{";
  std::vector<std::string> ids;
  for (const SprintRecord& record : folder_.earlier(record_at("s-4", kNoon + Millis(4)), 2))
    ids.push_back(record.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"s-3", "s-2"}));
}

TEST_F(SprintFolderTest, OnlyOneProcessDrivesASprint) {
  const auto first = folder_.lease("s-1");
  ASSERT_TRUE(first.ok());
  const auto second = folder_.lease("s-1");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kBusy);
}

TEST_F(SprintFolderTest, ASprintThatIsNotThereAndANameThatLeadsElsewhereAreNotFound) {
  EXPECT_EQ(folder_.load("s-none").error().kind, ErrorKind::kNotFound);
  for (const std::string id : {"../s-1", "", "/etc"}) {
    EXPECT_EQ(folder_.load(id).error().kind, ErrorKind::kNotFound) << id;
    EXPECT_EQ(folder_.lease(id).error().kind, ErrorKind::kNotFound) << id;
  }
}

TEST_F(SprintFolderTest, AJobsLockIsHeldAsLongAsItsDescriptorIsOpen) {
  const std::filesystem::path file = place_->path() / "1.lock";
  Result<std::optional<Fd>> first = lock_job(file);
  ASSERT_TRUE(first.ok() && first->has_value());
  const Result<std::optional<Fd>> second = lock_job(file);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->has_value());
  first->reset();
  EXPECT_TRUE(lock_job(file)->has_value());
}

}  // namespace
}  // namespace baton
