#include "store/sqlite_repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "store/damage_mark.h"
#include "store/sqlite.h"
#include "store/sqlite_journal.h"
#include "store/told_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant kEvening = kNoon + Millis::seconds(6 * 3600);

class SqliteRepairTest : public testing::Test {
 protected:
  fs::path folder() const { return root_.path() / "state"; }
  fs::path database() const { return folder() / "baton.db"; }

  std::unique_ptr<Journal> open(FreeSpace free = free_space) {
    auto journal = open_sqlite_journal(
        folder(), [](const std::function<void()>& task) { task(); }, Millis(2'000),
        std::move(free));
    if (!journal) ADD_FAILURE() << journal.error().message;
    return std::move(*journal);
  }
  void write(const Told& told, std::vector<Blob> texts = {}) {
    const Status done = tell(*open(), told.run(), told.events, std::move(texts));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void tamper(const char* sql) {
    auto opened = Database::open(database(), Database::Mode::kReadWrite, Millis(2'000));
    ASSERT_TRUE(opened.ok());
    const Status done = (*opened)->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  RepairReport repaired(std::optional<RunId> run = std::nullopt) {
    Result<RepairReport> report = repair_sqlite_journal(folder(), run, kEvening);
    if (!report) ADD_FAILURE() << report.error().message;
    return report ? std::move(*report) : RepairReport();
  }
  std::vector<std::string> damage() { return found_in(*open()); }
  RunState state(const RunId& run) {
    const auto events = open()->events(run);
    EXPECT_TRUE(events.ok()) << events.error().message;
    Result<RunState> state = replay(*events);
    EXPECT_TRUE(state.ok()) << state.error().message;
    return *state;
  }
  Status resume(const RunId& run) { return tell(*open(), run, {RunResumed{kEvening}}); }

  TemporaryFolder root_ = std::move(*TemporaryFolder::create("baton-repair"));
};

// ---- lost ends ----

TEST_F(SqliteRepairTest, OnceALostEndIsSeenNothingIsWrittenBeforeTheLossIsAccepted) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)).reserve(Money::cents(20)));
  tamper("DELETE FROM events WHERE seq > 6; UPDATE runs SET events = 6, spent = 0");
  const Status refused = resume("r-1");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("run r-1: its last 5 events are lost"));
  EXPECT_FALSE(tell(*open(), "r-2", Told("r-2").events).ok());
  EXPECT_EQ(open()->events("r-1")->size(), 6U);

  EXPECT_EQ(repaired("r-1").runs.size(), 1U);
  EXPECT_TRUE(resume("r-1").ok());
  EXPECT_TRUE(tell(*open(), "r-2", Told("r-2").events).ok());
}

// The runs that a process drives are held by their heads; one that it begins has none yet.
TEST_F(SqliteRepairTest, OfAJournalThatWasPutBackAsItWasEarlierNoProcessBeginsARun) {
  write(Told("r-1"));
  write(Told("r-2"));
  tamper("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::copy_file(database(), root_.path() / "earlier.db");
  write(Told("r-3").call(Money::cents(10), Money::cents(7)));
  fs::remove(database().string() + "-wal");
  fs::copy_file(root_.path() / "earlier.db", database(), fs::copy_options::overwrite_existing);

  const Status refused = tell(*open(), "r-4", Told("r-4").events);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message,
              HasSubstr("run r-3: its last 8 events are lost: either an older copy of the journal "
                        "was put back, or a part of its log is gone"));
  EXPECT_EQ(open()->runs()->size(), 2U);
  EXPECT_EQ(repaired().runs.at(0).booked, Money::cents(7));
  EXPECT_TRUE(tell(*open(), "r-4", Told("r-4").events).ok());
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, InThePlaceOfADatabaseThatIsGoneNoEmptyOneIsMade) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  fs::remove(database());
  fs::remove(database().string() + "-wal");
  const auto opened =
      open_sqlite_journal(folder(), [](const std::function<void()>& task) { task(); });
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, HasSubstr("its database is gone, and heads tell of runs"));
  EXPECT_FALSE(fs::exists(database()));
  EXPECT_TRUE(damage_that_bars_journal(folder()).has_value());
  EXPECT_EQ(repaired().runs.at(0).booked, Money::cents(7));
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, ARunThatThereIsNotIsNotRepaired) {
  write(Told("r-1"));
  const Result<RepairReport> report = repair_sqlite_journal(folder(), "r-2", kEvening);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::kNotFound);
}

TEST_F(SqliteRepairTest, TheLossOfOneRunAcceptedTheJournalWaitsForThatOfTheOthers) {
  write(Told("r-1").reserve(Money::cents(1)));
  write(Told("r-2").reserve(Money::cents(2)));
  tamper("DELETE FROM events WHERE seq > 5; UPDATE runs SET events = 5");
  EXPECT_EQ(repaired("r-1").still_lost, 1);
  EXPECT_FALSE(resume("r-1").ok());
  EXPECT_EQ(repaired("r-2").still_lost, 0);
  EXPECT_TRUE(resume("r-1").ok());
}

TEST_F(SqliteRepairTest, NumbersThatLostCallsMayHaveHadAreNotGivenAgain) {
  write(Told("r-1").reserve(Money::cents(1)).call(Money::cents(1), Money::cents(1)));
  tamper("DELETE FROM events WHERE seq > 6; UPDATE runs SET events = 6, spent = 0");
  EXPECT_EQ(repaired("r-1").runs.at(0).lost, 5);
  EXPECT_EQ(state("r-1").calls, 1 + 5);  // an event may have been a call
}

TEST_F(SqliteRepairTest, ALostEndIsBookedAtTheMostThatItMayHaveCost) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)).reserve(Money::cents(20)));
  // What is left holds the first call's ten cents; seven charged and twenty held had been reached.
  tamper("DELETE FROM events WHERE seq > 6; UPDATE runs SET events = 6, spent = 0");
  const RepairReport report = repaired("r-1");
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].kept, 6);
  EXPECT_EQ(report.runs[0].lost, 5);
  EXPECT_EQ(report.runs[0].booked, Money::cents(17));
  EXPECT_TRUE(report.backup.empty());

  EXPECT_THAT(damage(), IsEmpty());
  const RunState run = state("r-1");
  EXPECT_EQ(run.budget.charged(), Money::cents(17));
  EXPECT_EQ(run.budget.held(), Money::cents(10));
  EXPECT_EQ(run.unknown, Money::cents(17));
  EXPECT_EQ(run.last_at, kEvening);
  EXPECT_TRUE(resume("r-1").ok());
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, AHeadOfAnEarlierVersionTellsNoAmountAndSoTheWholeCapIsBooked) {
  write(Told("r-1", Money::dollars(2)).call(Money::cents(10), Money::cents(7)));
  const fs::path head = folder() / "heads" / "r-1";
  const std::string old = bytes_of(head).substr(0, 85) + "\n";
  tamper("DELETE FROM events WHERE seq > 3; UPDATE runs SET events = 3, spent = 0");
  write_file(head, old);
  EXPECT_THAT(damage(), ElementsAre(HasSubstr("its head is too old to tell how much")));
  EXPECT_EQ(repaired().runs.at(0).booked, Money::dollars(2));
  EXPECT_EQ(state("r-1").budget.charged(), Money::dollars(2));
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, ARunThatIsGoneAltogetherIsWrittenDownAndNotListed) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  write(Told("r-2"));
  tamper("DELETE FROM events WHERE run = 'r-1'; DELETE FROM runs WHERE run = 'r-1'");
  // Not even under its own name is another begun in its place.
  EXPECT_FALSE(tell(*open(), "r-1", Told("r-1").events).ok());
  const RepairReport report = repaired("r-1");
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].kept, 0);
  EXPECT_EQ(report.runs[0].booked, Money::cents(7));
  EXPECT_THAT(damage(), IsEmpty());
  auto opened = Database::open(database(), Database::Mode::kRead, Millis(2'000));
  EXPECT_EQ(*(*opened)->text("SELECT run || ' ' || lost || ' ' || amount FROM repairs"),
            "r-1 8 70000000000");
}

TEST_F(SqliteRepairTest, AHeadThatCannotBeReadHoldsItsRunUntilItIsRepaired) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  const fs::path head = folder() / "heads" / "r-1";
  std::string bytes = bytes_of(head);
  bytes[100] ^= 1;  // of the amount
  write_file(head, bytes);
  EXPECT_THAT(damage(), ElementsAre(HasSubstr("does not hold a sequence number")));
  EXPECT_FALSE(resume("r-1").ok());
  EXPECT_EQ(repaired().runs.at(0).booked, Money());
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_TRUE(resume("r-1").ok());
}

// ---- damage in the middle ----

TEST_F(SqliteRepairTest, DamageInTheMiddleMakesTheStoreReadOnlyForEveryoneUntilItIsRepaired) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  write(Told("r-2"));
  const std::unique_ptr<Journal> early = open();
  ASSERT_TRUE(tell(*early, "r-2", {RunResumed{kNoon}}).ok());
  tamper("UPDATE events SET body = replace(body, '0.10', '0.01') WHERE type = 'call_reserved'");
  ASSERT_FALSE(early->events("r-1").ok());

  const Status refused = tell(*early, "r-2", {RunResumed{kNoon}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("is damaged and is only read until it is repaired "
                                                 "(run r-1: event 6 is not what was written)"));
  EXPECT_FALSE(tell(*open(), "r-3", Told("r-3").events).ok());
  // What is sound is still read.
  EXPECT_EQ(open()->events("r-2")->size(), 4U);

  (void)repaired();
  EXPECT_TRUE(tell(*open(), "r-3", Told("r-3").events).ok());
  // Who had the old file open does not write into it.
  EXPECT_FALSE(tell(*early, "r-2", {RunResumed{kNoon}}).ok());
  EXPECT_THAT(damage(), IsEmpty());
}

// Hashes alone do not tell that.
TEST_F(SqliteRepairTest, ARunOfWhichEventsContradictEachOtherEndsBeforeTheFirstThatDoes) {
  Told told("r-1");
  told.call(Money::cents(10), Money::cents(7));
  told.events.push_back(CallEnded{.at = kNoon, .call = CallId(1), .charge = Money::cents(3)});
  write(told);
  EXPECT_THAT(damage(), IsEmpty());
  const RepairReport report = repaired();
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].kept, 8);
  EXPECT_EQ(report.runs[0].lost, 1);
  EXPECT_EQ(report.runs[0].booked, Money::cents(3));
  EXPECT_FALSE(report.backup.empty());
  EXPECT_EQ(state("r-1").budget.charged(), Money::cents(10));
  EXPECT_TRUE(repaired().did_nothing());
}

TEST_F(SqliteRepairTest, AContradictionThatTheHeadDoesNotKnowOfYetIsALossToo) {
  Told told("r-1");
  write(told.call(Money::cents(10), Money::cents(7)));
  const fs::path head = folder() / "heads" / "r-1";
  const std::string earlier = bytes_of(head);
  const Event again = CallEnded{.at = kNoon, .call = CallId(1), .charge = Money::cents(3)};
  ASSERT_TRUE(tell(*open(), "r-1", {again}).ok());
  write_file(head, earlier);
  const RepairReport report = repaired();
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].lost, 1);
  EXPECT_GE(report.runs[0].booked, Money::cents(3));
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, AChainIsReadBeforeItIsWrittenOn) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  tamper("UPDATE events SET body = replace(body, '0.10', '0.01') WHERE type = 'call_reserved'");
  EXPECT_FALSE(resume("r-1").ok());
  EXPECT_TRUE(damage_mark(folder()).has_value());
}

TEST_F(SqliteRepairTest, ARunEndsAtItsLastSoundEventAndWhatWasThereIsKept) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)).call(Money::cents(9), Money::cents(8)));
  write(Told("r-2").reserve(Money::cents(1)));
  tamper("UPDATE events SET body = replace(body, '0.09', '0.01') WHERE type = 'call_reserved'");
  const std::string before = bytes_of(database());
  EXPECT_EQ(damage().size(), 1U);
  const RepairReport report = repaired();
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.sound_runs, 1);
  EXPECT_EQ(report.runs[0].kept, 10);
  EXPECT_EQ(report.runs[0].lost, 3);
  EXPECT_EQ(report.runs[0].booked, Money::cents(8));
  EXPECT_EQ(report.backup.filename(), "baton.db.damaged-20261120T180000Z");
  EXPECT_EQ(bytes_of(report.backup), before);
  EXPECT_TRUE(fs::exists(folder() / "heads.damaged-20261120T180000Z" / "r-1"));

  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(state("r-1").budget.charged(), Money::cents(15));
  EXPECT_EQ(state("r-2").budget.held(), Money::cents(1));
  EXPECT_TRUE(resume("r-1").ok());
  EXPECT_TRUE(repaired().did_nothing());
}

TEST_F(SqliteRepairTest, OfARunThatIsDamagedAlongWithTheStoreNoLossIsAcceptedAlone) {
  write(Told("r-1").reserve(Money::cents(1)));
  tamper("UPDATE events SET type = 'call_ended' WHERE seq = 4");
  const Result<RepairReport> report = repair_sqlite_journal(folder(), "r-1", kEvening);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::kUsage);
}

TEST_F(SqliteRepairTest, ATextThatIsDamagedIsWrittenDownAsLost) {
  const Blob answer = make_blob("the answer");
  const Blob request = make_blob("");
  Told told("r-1");
  std::get<RunCreated>(told.events[0]).request = request.id;
  std::get<RunCreated>(told.events[0]).input = answer.id;
  write(told, {answer, request});
  tamper(
      "UPDATE blobs SET data = CAST('the ansver' AS BLOB) WHERE data = CAST('the answer' AS BLOB)");
  const RepairReport report = repaired();
  EXPECT_EQ(report.lost_texts, 1);
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(*open()->blob(request.id), "");
  EXPECT_FALSE(open()->blob(answer.id).ok());
  EXPECT_TRUE(resume("r-1").ok());
}

TEST_F(SqliteRepairTest, ADatabaseThatIsNoneAnyMoreLosesEverythingButSaysSo) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  write_file(database(), std::string(20'000, '?'));
  const RepairReport report = repaired();
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].kept, 0);
  EXPECT_EQ(report.runs[0].booked, Money::cents(7));
  EXPECT_EQ(bytes_of(report.backup), std::string(20'000, '?'));
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(SqliteRepairTest, TheFirstPageIsMadeAnew) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  std::string bytes = bytes_of(database());
  std::fill(bytes.begin(), bytes.begin() + 4096, '\xAA');
  write_file(database(), bytes);
  const RepairReport report = repaired();
  EXPECT_THAT(report.runs, IsEmpty());
  EXPECT_EQ(report.sound_runs, 1);
  EXPECT_EQ(state("r-1").budget.charged(), Money::cents(7));
}

TEST_F(SqliteRepairTest, AHeaderThatSaysWhatIsNotSoIsDamage) {
  const std::pair<RunId, const char*> kCases[] = {{"r-1", "PRAGMA application_id = 7"},
                                                  {"r-2", "DROP TABLE blobs"}};
  for (const auto& [run, sql] : kCases) {
    write(Told(run).reserve(Money::cents(1)));
    tamper(sql);
    EXPECT_TRUE(damage_that_bars_journal(folder()).has_value()) << sql;
    EXPECT_FALSE(repaired().backup.empty());
    EXPECT_EQ(damage_that_bars_journal(folder()), std::nullopt);
    EXPECT_THAT(damage(), IsEmpty());
  }
  EXPECT_EQ(open()->runs()->size(), 2U);
}

TEST_F(SqliteRepairTest, AJournalOfALaterVersionIsNotDamagedAndNotRepaired) {
  write(Told("r-1"));
  tamper("PRAGMA user_version = 99");
  const std::string before = bytes_of(database());
  EXPECT_EQ(damage_that_bars_journal(folder()), std::nullopt);
  EXPECT_FALSE(repair_sqlite_journal(folder(), std::nullopt, kEvening).ok());
  EXPECT_EQ(bytes_of(database()), before);
}

TEST_F(SqliteRepairTest, WhatAnotherConnectionKeepsLockedIsNotReplaced) {
  write(Told("r-1"));
  ASSERT_TRUE(mark_damaged(folder(), "a page that could not be read").ok());
  auto other = Database::open(database(), Database::Mode::kReadWrite, Millis(0));
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());
  EXPECT_FALSE(repair_sqlite_journal(folder(), std::nullopt, kEvening, Millis(10)).ok());
  ASSERT_TRUE((*other)->execute("ROLLBACK").ok());
  EXPECT_FALSE(repaired().backup.empty());
}

TEST_F(SqliteRepairTest, WhatAnotherProcessDrivesIsNotRepaired) {
  write(Told("r-1"));
  const std::unique_ptr<Journal> journal = open();
  const auto lease = journal->lease("r-1");
  tamper("UPDATE runs SET spent = 7");
  const Result<RepairReport> report = repair_sqlite_journal(folder(), std::nullopt, kEvening);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::kBusy);
}

TEST_F(SqliteRepairTest, ASoundJournalIsLeftAsItIs) {
  write(Told("r-1").call(Money::cents(10), Money::cents(7)));
  const std::string before = bytes_of(database());
  EXPECT_TRUE(repaired().did_nothing());
  EXPECT_EQ(bytes_of(database()), before);
}

// ---- room for settlements ----

TEST_F(SqliteRepairTest, NothingIsPromisedWhileRoomIsShortAndWhatWasPromisedIsSettled) {
  std::uint64_t room = 1024 * kMiB;
  const std::unique_ptr<Journal> journal = open([&](const fs::path&) { return room; });
  Told first("r-1");
  ASSERT_TRUE(tell(*journal, "r-1", first.reserve(Money::cents(5)).events).ok());
  EXPECT_TRUE(fs::exists(folder() / "ballast"));
  EXPECT_FALSE(journal->is_short_of_room());

  room = kRoomToBegin - 1;
  EXPECT_TRUE(journal->is_short_of_room());
  EXPECT_TRUE(tell(*journal, "r-2", Told("r-2").reserve(Money::cents(1)).events).ok());

  room = kRoomToPromise - 1;
  const Status refused = tell(*journal, "r-3", Told("r-3").reserve(Money::cents(1)).events);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kStorage);
  EXPECT_THAT(refused.error().message,
              HasSubstr("run r-3: no further call is made: less than 16 MiB are free on the disk"));
  EXPECT_TRUE(
      tell(*journal, "r-1", {CallEnded{.at = kNoon, .call = CallId(1), .charge = Money::cents(3)}})
          .ok());
  EXPECT_FALSE(tell(*journal, "r-3", {StopRequested{kNoon}}).ok());
  EXPECT_THAT(found_in(*journal), IsEmpty());
}

TEST_F(SqliteRepairTest, ADriverOfWhichAnAppendWasRefusedAppendsNothingMoreUntilItIsTakenUpAgain) {
  std::uint64_t room = 1024 * kMiB;
  const std::unique_ptr<Journal> journal = open([&](const fs::path&) { return room; });
  ASSERT_TRUE(tell(*journal, "r-1", Told("r-1").events).ok());
  room = 0;
  ASSERT_FALSE(tell(*journal, "r-1", {CallReserved{.at = kNoon, .call = CallId(1)}}).ok());
  EXPECT_FALSE(tell(*journal, "r-1", {CallEnded{.at = kNoon, .call = CallId(1)}}).ok());
  room = 1024 * kMiB;
  EXPECT_FALSE(tell(*journal, "r-1", {CallReserved{.at = kNoon, .call = CallId(2)}}).ok());
  EXPECT_TRUE(tell(*journal, "r-1", {RunResumed{kNoon}}).ok());
  EXPECT_EQ(journal->events("r-1")->size(), 4U);
}

}  // namespace
}  // namespace baton
