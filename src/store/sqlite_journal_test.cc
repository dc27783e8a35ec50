#include "store/sqlite_journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/hash.h"
#include "store/chain.h"
#include "store/damage_mark.h"
#include "store/journal_conformance.h"
#include "store/sqlite.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void call_at_once(const std::function<void()>& task) {
  task();
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "baton-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class SqliteStore : public TestStore {
 public:
  Result<std::unique_ptr<Journal>> open() override {
    return open_sqlite_journal(folder(), call_at_once, Millis(2'000));
  }
  // No file may grow beyond this: the operating system fails the write, as on a full disk.
  void leave_no_room() override {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {200'000, 200'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

  fs::path folder() const { return root_.path() / "state"; }
  fs::path database() const { return folder() / "baton.db"; }

  // Does to the database what no journal would.
  void tamper(const char* sql) {
    auto database = Database::open(this->database(), Database::Mode::kReadWrite, Millis(2'000));
    ASSERT_TRUE(database.ok()) << database.error().message;
    const Status done = (*database)->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

 private:
  TemporaryFolder root_;
};

std::unique_ptr<TestStore> make_sqlite_store() {
  return std::make_unique<SqliteStore>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, JournalConformance, testing::Values(&make_sqlite_store));

class SqliteJournalTest : public testing::Test {
 protected:
  // Run r-1 with events 1 (run_created) to 5, closed again.
  void write_five_events() {
    const std::unique_ptr<Journal> journal = opened(store_);
    ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), mark(2), mark(3)}).ok());
    ASSERT_TRUE(append(*journal, "r-1", {mark(4), mark(5)}).ok());
  }
  std::vector<std::string> damage() { return damage_of(*opened(store_)); }
  Error open_error() {
    const Result<std::unique_ptr<Journal>> journal = store_.open();
    return journal ? Error{} : journal.error();
  }

  SqliteStore store_;
};

// ---- damage ----

TEST_F(SqliteJournalTest, VerifyNamesTheEventWhoseBodyWasChanged) {
  write_five_events();
  store_.tamper("UPDATE events SET body = replace(body, ':3}', ':7}') WHERE seq = 3");
  EXPECT_THAT(damage(),
              ElementsAre("run r-1: event 3 (checkers_started) is not what was written: its "
                          "hash does not fit"));
  const Result<std::vector<Event>> events = opened(store_)->events("r-1");
  ASSERT_FALSE(events.ok());
  EXPECT_EQ(events.error(), only_read(store_.folder(), "run r-1: event 3 is not what was written"));
}

TEST_F(SqliteJournalTest, VerifyNamesEventsTakenOutOfTheMiddle) {
  write_five_events();
  store_.tamper("DELETE FROM events WHERE seq IN (2, 3)");
  EXPECT_THAT(damage(), ElementsAre("run r-1: events 2 to 3 are missing from the middle"));
}

TEST_F(SqliteJournalTest, VerifySeesALostTailByTheHead) {
  write_five_events();
  ASSERT_TRUE(append(*opened(store_), "r-1",
                     {CallReserved{.call = CallId(1), .hold = Money::cents(2)},
                      CallReserved{.call = CallId(2), .hold = Money::cents(3)},
                      CallEnded{.call = CallId(1), .charge = Money::cents(1)}, mark(9), mark(10)})
                  .ok());
  store_.tamper("DELETE FROM events WHERE seq > 8; UPDATE runs SET events = 8");
  EXPECT_THAT(damage(),
              ElementsAre("run r-1: its last 2 events are lost: it had come to event 10, and what "
                          "is left ends at event 8; what they may have cost is in the ledger, "
                          "as charged or held; how these calls ended is not known: c2 (up to "
                          "$0.03)"));
}

TEST_F(SqliteJournalTest, VerifySeesATailLostWithTheLogFile) {
  write_five_events();
  SharedCounter answered;
  Child driver([&]() -> int {
    const std::unique_ptr<Journal> journal = opened(store_);
    answered.set(append(*journal, "r-1", {mark(6), mark(7)}).ok() ? 1 : 0);
    for (;;) ::pause();
  });
  ASSERT_TRUE(answered.reaches(1));
  driver.kill_now();
  fs::resize_file(store_.database().string() + "-wal", 0);

  EXPECT_THAT(damage(), ElementsAre("run r-1: its last 2 events are lost: it had come to event 7, "
                                    "and what is left ends at event 5; what they may have cost is "
                                    "in the ledger, as charged or held"));
}

TEST_F(SqliteJournalTest, VerifySeesARunThatIsGoneAltogether) {
  write_five_events();
  store_.tamper("DELETE FROM events; DELETE FROM runs");
  EXPECT_THAT(damage(), ElementsAre("run r-1: its last 5 events are lost: it had come to event 5, "
                                    "and none is left; what they may have cost is in the ledger, "
                                    "as charged or held"));
}

TEST_F(SqliteJournalTest, VerifySeesAHistoryThatWasRewrittenWithFittingHashes) {
  write_five_events();
  SqliteStore other;
  {
    const std::unique_ptr<Journal> journal = opened(other);
    ASSERT_TRUE(
        append(*journal, "r-1", {created("r-1"), mark(2), mark(3), mark(4), mark(77)}).ok());
  }
  fs::copy_file(other.database(), store_.database(), fs::copy_options::overwrite_existing);
  EXPECT_THAT(damage(), ElementsAre("run r-1: it was rewritten: event 5 is not the one that "
                                    "heads/r-1 remembers"));
}

TEST_F(SqliteJournalTest, AHeadThatLagsOrIsEmptyProvesNothing) {
  write_five_events();
  const fs::path head = store_.folder() / "heads" / "r-1";
  EXPECT_EQ(fs::file_size(head), 124U);
  fs::resize_file(head, 0);
  EXPECT_THAT(damage(), IsEmpty());
  fs::resize_file(head, 124);
  EXPECT_THAT(damage(), IsEmpty());
  std::ofstream(head) << "nonsense";
  EXPECT_THAT(damage(), ElementsAre(HasSubstr("heads/r-1 does not hold a sequence number")));
}

TEST_F(SqliteJournalTest, VerifyNamesAnEventThatCannotBeRead) {
  write_five_events();
  store_.tamper("UPDATE events SET type = 'run_teleported' WHERE seq = 5");
  EXPECT_THAT(damage(), ElementsAre("run r-1: event 5 (run_teleported) is not what was written: "
                                    "its hash does not fit",
                                    HasSubstr("run r-1: event 5 cannot be read: event type "
                                              "'run_teleported' is not known")));
}

// A state folded without it would be a wrong one, and be acted upon.
TEST_F(SqliteJournalTest, AnEventOfALaterVersionStopsTheFold) {
  write_five_events();
  Sha256 last{};
  {
    auto database = Database::open(store_.database(), Database::Mode::kRead, Millis(2'000));
    ASSERT_TRUE(database.ok());
    auto row = (*database)->prepare("SELECT hash FROM events WHERE run = 'r-1' AND seq = 5");
    ASSERT_TRUE(row.ok());
    row->start();
    ASSERT_TRUE(*row->next());
    std::copy_n(row->text(0).begin(), last.size(), last.begin());
  }
  const std::string hash = to_hex(chained(last, "run_teleported", "{}"));
  store_.tamper(
      fmt::format("INSERT INTO events VALUES ('r-1', 6, 'run_teleported', '{{}}', x'{}'); "
                  "UPDATE runs SET events = 6 WHERE run = 'r-1'",
                  hash)
          .c_str());
  const Result<std::vector<Event>> events = opened(store_)->events("r-1");
  ASSERT_FALSE(events.ok());
  EXPECT_THAT(events.error().message, HasSubstr("event type 'run_teleported' is not known"));
}

TEST_F(SqliteJournalTest, VerifyNamesARunThatDoesNotBeginWithItsCreation) {
  write_five_events();
  store_.tamper("DELETE FROM events WHERE seq = 1");
  EXPECT_THAT(damage(), ElementsAre("run r-1: events 1 to 1 are missing from the middle"));
  store_.tamper("UPDATE events SET seq = seq - 1");
  EXPECT_THAT(damage(), testing::Contains("run r-1: its first event is not run_created"));
}

TEST_F(SqliteJournalTest, VerifyComparesTheListOfRunsWithTheEvents) {
  write_five_events();
  store_.tamper("UPDATE runs SET spent = 1000000000000, status = 'complete'");
  EXPECT_THAT(damage(),
              ElementsAre("run r-1: its line in the list of runs (5 events, complete, $1.00 spent) "
                          "is not what its events say (5 events, running, $0.00 spent)"));
}

TEST_F(SqliteJournalTest, VerifyNamesADamagedAndAMissingText) {
  const Blob kept = make_blob(std::string(5'000, 'x'));
  const Blob plain = make_blob("short");
  const Blob lost = make_blob("never given to the journal");
  ASSERT_TRUE(append(*opened(store_), "r-1",
                     {created("r-1"), CallEnded{.at = kNoon, .answer = kept.id},
                      TaskFinished{.at = kNoon, .result = lost.id}},
                     {kept, plain})
                  .ok());
  store_.tamper(
      "UPDATE blobs SET data = CAST('shirt' AS BLOB) WHERE coding = 0;"
      "UPDATE blobs SET data = substr(data, 1, length(data) - 1) WHERE coding = 1;");
  EXPECT_THAT(damage(),
              testing::UnorderedElementsAre(
                  "stored text " + plain.id + " is not what was written: its hash does not fit",
                  "stored text " + kept.id + " cannot be read: its compressed form is damaged",
                  "run r-1: event 3 names text " + lost.id + ", which is not stored"));
  const std::unique_ptr<Journal> journal = opened(store_);
  EXPECT_EQ(journal->blob(plain.id).error().kind, ErrorKind::kStorage);
  EXPECT_EQ(journal->blob(kept.id).error().kind, ErrorKind::kStorage);
}

TEST_F(SqliteJournalTest, AnEventOutsideTheListIsNamedAndDoesNotStopAnything) {
  write_five_events();
  store_.tamper("PRAGMA foreign_keys = OFF; DELETE FROM runs");
  EXPECT_THAT(damage(), ElementsAre("run r-1: it is not in the list of runs"));
}

// A page of the file overwritten: SQLite itself must be the one to complain, and nothing crashes.
TEST_F(SqliteJournalTest, VerifyTellsOfADamagedDatabaseFile) {
  {
    const std::unique_ptr<Journal> journal = opened(store_);
    ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(append(*journal, "r-1", {mark(i)}).ok());
  }
  const auto size = fs::file_size(store_.database());
  std::fstream file(store_.database(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size - 4096));
  file << std::string(4096, '\xAA');
  file.close();
  const std::vector<std::string> found = damage();
  EXPECT_THAT(found, testing::Contains(HasSubstr("damaged")));
}

// ---- the state folder ----

TEST_F(SqliteJournalTest, TheStateIsForThisUserOnly) {
  const mode_t before = ::umask(0);
  write_five_events();
  ::umask(before);
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(journal->lease("r-1").ok());
  const auto mode = [](const fs::path& path) {
    struct stat info = {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
  };
  EXPECT_EQ(mode(store_.folder()), 0700U);
  EXPECT_EQ(mode(store_.database()), 0600U);
  EXPECT_EQ(mode(store_.database().string() + "-wal"), 0600U);
  EXPECT_EQ(mode(store_.folder() / "heads" / "r-1"), 0600U);
  EXPECT_EQ(mode(store_.folder() / "leases" / "r-1"), 0600U);
}

TEST_F(SqliteJournalTest, AFileWhereTheFolderShouldBeIsNamed) {
  std::ofstream(store_.folder()) << "a file";
  EXPECT_EQ(open_error(), storage_error(fmt::format(
                              "the state folder {} is not a folder: move that file away, or "
                              "name another folder with --state DIR",
                              store_.folder().string())));
}

TEST_F(SqliteJournalTest, AFileThatIsNoDatabaseIsNamed) {
  fs::create_directories(store_.folder());
  std::ofstream(store_.database()) << std::string(5'000, '?');
  EXPECT_EQ(open_error().kind, ErrorKind::kStorage);
  EXPECT_THAT(open_error().message, HasSubstr("baton.db: file is not a database"));
  EXPECT_THAT(open_error().message, HasSubstr("move it away"));
}

TEST_F(SqliteJournalTest, ADatabaseOfAnotherProgramIsLeftAlone) {
  fs::create_directories(store_.folder());
  std::ofstream(store_.database()).close();
  store_.tamper("CREATE TABLE theirs (x)");
  EXPECT_EQ(open_error(),
            storage_error(fmt::format("{} is a database of another program: move it away, or name "
                                      "another folder with --state DIR",
                                      store_.database().string())));
}

TEST_F(SqliteJournalTest, AJournalOfTheFirstFormatIsBroughtUpToDate) {
  write_five_events();
  store_.tamper(
      "DROP TABLE day_shares; DROP TABLE repairs; DROP TABLE lost_texts; DROP INDEX runs_by_key; "
      "ALTER TABLE runs DROP COLUMN key; ALTER "
      "TABLE runs DROP COLUMN project; PRAGMA user_version = 1");
  EXPECT_EQ(open_error(), Error());
}

TEST_F(SqliteJournalTest, AJournalOfALaterVersionIsLeftAlone) {
  write_five_events();
  store_.tamper("PRAGMA user_version = 5");
  EXPECT_EQ(open_error(),
            storage_error(fmt::format(
                "{} was written by a later version of baton (format 5, this version knows 4): use "
                "that version, or name another folder with --state DIR",
                store_.database().string())));
}

TEST_F(SqliteJournalTest, AFolderThatMayNotBeWrittenIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "becomes another user, which only root may";
  write_five_events();
  fs::permissions(store_.folder().parent_path(), fs::perms::all);
  Child reader([&] {
    if (::setuid(65534) != 0) return 2;
    const Error error = open_error();
    return error.kind == ErrorKind::kStorage &&
                   error.message.find(store_.folder().string()) != std::string::npos &&
                   error.message.find("--state DIR") != std::string::npos
               ? 0
               : 1;
  });
  EXPECT_EQ(reader.exit_code(), 0);
}

TEST_F(SqliteJournalTest, AFullDiskIsToldWithTheFolderAndWhatToDo) {
  Child full([&] {
    const std::unique_ptr<Journal> journal = opened(store_);
    if (!append(*journal, "r-1", {created("r-1")}).ok()) return 1;
    store_.leave_no_room();
    std::string digits;
    for (int i = 0; digits.size() < 1'000'000; ++i) digits += sha256_hex(fmt::to_string(i));
    const Status status = append(*journal, "r-1", {mark(1)}, {make_blob(digits)});
    if (status.ok()) return 2;
    const std::string folder = store_.folder().string();
    const std::string& message = status.error().message;
    const bool clear =
        message.starts_with(fmt::format("run r-1: 1 new events could not be journaled: writing to "
                                        "{}/baton.db: ",
                                        folder)) &&
        message.ends_with(
            fmt::format("; there is no room left for {}: free some space on its disk; "
                        "nothing was sent that is not in the journal: `baton resume "
                        "r-1` goes on once that is put right",
                        folder));
    if (!clear) fmt::print(stderr, "{}\n", message);
    return clear ? 0 : 3;
  });
  EXPECT_EQ(full.exit_code(), 0);
}

TEST_F(SqliteJournalTest, ADatabaseThatAnotherProcessKeepsLockedIsAClearFailure) {
  const Result<std::unique_ptr<Journal>> impatient =
      open_sqlite_journal(store_.folder(), call_at_once, Millis(100));
  ASSERT_TRUE(impatient.ok()) << impatient.error().message;
  Journal& journal = **impatient;
  ASSERT_TRUE(append(journal, "r-1", {created("r-1")}).ok());
  auto other = Database::open(store_.database(), Database::Mode::kReadWrite, Millis(0));
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());

  const Status status = append(journal, "r-1", {mark(1)});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error(),
            storage_error(fmt::format(
                "run r-1: 1 new events could not be journaled: writing to {}: database is locked "
                "(SQLite 5); another process keeps it locked: wait for that process or end it, "
                "then try again; nothing was sent that is not in the journal: `baton resume r-1` "
                "goes on once that is put right",
                store_.database().string())));
}

}  // namespace
}  // namespace baton
