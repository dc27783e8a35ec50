#include "store/journal_replacement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "store/damage_mark.h"
#include "store/sqlite_journal.h"
#include "store/told_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

const fs::path kBackup = "baton.db.damaged-20261120T180000Z";

std::unique_ptr<Journal> open(const fs::path& folder) {
  auto journal = open_sqlite_journal(
      folder, [](const std::function<void()>& task) { task(); }, Millis(2'000));
  if (!journal) ADD_FAILURE() << journal.error().message;
  return std::move(*journal);
}

void write(const fs::path& folder, const RunId& run) {
  ASSERT_TRUE(tell(*open(folder), run, Told(run).reserve(Money::cents(1)).events).ok());
}

// A journal with run r-old, and one that has been made to take its place, with run r-new.
class JournalReplacementTest : public testing::Test {
 protected:
  JournalReplacementTest() {
    write(folder(), "r-old");
    old_database_ = bytes_of(folder() / "baton.db");
    write_file(folder() / "baton.db-wal", "the log that belongs to it");
    const fs::path made = root_.path() / "made";
    write(made, "r-new");
    fs::create_directories(repair_folder(folder()) / "new");
    fs::copy_file(made / "baton.db", repair_folder(folder()) / "new" / "baton.db");
    fs::copy(made / "heads", repair_folder(folder()) / "heads");
    EXPECT_TRUE(mark_damaged(folder(), "its repair has not come to its end").ok());
  }
  fs::path folder() const { return root_.path() / "state"; }
  void begin() { ASSERT_TRUE(begin_replacement(folder(), folder() / kBackup).ok()); }
  // As by a process that dies then.
  void take_steps(std::size_t count) {
    const auto steps = replacement_steps(folder());
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(steps[i]().ok());
  }
  void expect_replaced() {
    {
      const std::unique_ptr<Journal> journal = open(folder());
      ASSERT_EQ(journal->runs()->size(), 1U);
      EXPECT_EQ(journal->runs()->at(0).run, "r-new");
      EXPECT_THAT(found_in(*journal), IsEmpty());
      EXPECT_TRUE(tell(*journal, "r-new", {RunResumed{kNoon}}).ok());
    }
    EXPECT_EQ(bytes_of(folder() / kBackup), old_database_);
    EXPECT_EQ(bytes_of(folder() / (kBackup.string() + "-wal")), "the log that belongs to it");
    EXPECT_TRUE(fs::exists(folder() / "heads.damaged-20261120T180000Z" / "r-old"));
    EXPECT_FALSE(fs::exists(repair_folder(folder())));
  }

  TemporaryFolder root_ = std::move(*TemporaryFolder::create("baton-replacement"));
  std::string old_database_;
};

TEST_F(JournalReplacementTest, WhoeverOpensTheJournalTakesTheStepsThatAnInterruptedOneHasLeft) {
  begin();
  const std::size_t all = replacement_steps(folder()).size();
  ASSERT_EQ(all, 7U);
  const fs::path kept = root_.path() / "kept";
  fs::copy(folder(), kept, fs::copy_options::recursive);
  for (std::size_t taken = 0; taken <= all; ++taken) {
    SCOPED_TRACE(fmt::format("interrupted after {} steps", taken));
    fs::remove_all(folder());
    fs::copy(kept, folder(), fs::copy_options::recursive);
    take_steps(taken);
    expect_replaced();
  }
}

TEST_F(JournalReplacementTest, EachStepCanBeTakenAgain) {
  begin();
  for (const auto& step : replacement_steps(folder())) {
    ASSERT_TRUE(step().ok());
    EXPECT_TRUE(!fs::exists(repair_folder(folder())) || step().ok());
  }
  expect_replaced();
}

TEST_F(JournalReplacementTest, BeforeItHasBegunEverythingStaysAsItWas) {
  fs::remove(folder() / "baton.db-wal");
  // Its name is given last; until then the announcement is nothing.
  write_file(repair_folder(folder()) / "begun.part", kBackup.string());
  EXPECT_THAT(replacement_steps(folder()), IsEmpty());
  EXPECT_EQ(open(folder())->runs()->at(0).run, "r-old");
  EXPECT_TRUE(damage_mark(folder()).has_value());
}

TEST_F(JournalReplacementTest, AnAnnouncementThatIsNoneBeginsNothing) {
  for (const char* text : {"", "\n", "baton.db\n", "baton.db.damaged-/../../elsewhere\n"}) {
    write_file(repair_folder(folder()) / "begun", text);
    EXPECT_THAT(replacement_steps(folder()), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace baton
