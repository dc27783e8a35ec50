// Processes of one machine on one store: what another commits between two of our questions is no
// sign that the store was lost, put back or never made.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "base/embedded.h"
#include "store/postgres_test_store.h"

namespace baton {
namespace {

using testing::IsEmpty;

class PostgresNeighboursTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = store_.missing(); !why.empty()) GTEST_SKIP() << why;
    std::string pattern =
        (std::filesystem::temp_directory_path() / "baton-evidence-XXXXXX").string();
    evidence_ = ::mkdtemp(pattern.data());
    options_ = store_.options();
    options_.evidence = evidence_ / "postgres";
  }
  void TearDown() override {
    if (!evidence_.empty()) std::filesystem::remove_all(evidence_);
  }
  std::unique_ptr<Journal> opened_with_evidence() {
    Result<std::unique_ptr<Journal>> journal = store_.open_with(options_);
    EXPECT_TRUE(journal.ok()) << journal.error().message;
    return std::move(*journal);
  }
  // Beside a process that goes on with r-1 all the time.
  void while_a_neighbour_writes(const std::function<void()>& work) {
    const std::unique_ptr<Journal> neighbour = opened_with_evidence();
    ASSERT_TRUE(append(*neighbour, "r-1", {created("r-1")}).ok());
    std::atomic<bool> going = true;
    std::thread writer([&] {
      for (int i = 1; going; ++i) {
        const Status status = append(*neighbour, "r-1", {mark(i)});
        ASSERT_TRUE(status.ok()) << status.error().message;
      }
    });
    work();
    going = false;
    writer.join();
  }

  PostgresStoreForTest store_;
  std::filesystem::path evidence_;
  PostgresOptions options_;
};

TEST_F(PostgresNeighboursTest, WhatANeighbourCommitsMeanwhileIsNoOlderCopyPutBack) {
  while_a_neighbour_writes([&] {
    for (int i = 0; i < 40; ++i) {
      const RunId run = fmt::format("r-new-{}", i);
      const Status reserved = append(*opened_with_evidence(), run,
                                     {created(run), CallReserved{.call = CallId(1), .model = "m"}});
      ASSERT_TRUE(reserved.ok()) << reserved.error().message;
    }
  });
}

TEST_F(PostgresNeighboursTest, ARunThatGoesOnWhileItIsVerifiedIsSound) {
  while_a_neighbour_writes([&] {
    const std::unique_ptr<Journal> journal = opened_with_evidence();
    for (int i = 0; i < 40; ++i) ASSERT_THAT(damage_of(*journal), IsEmpty());
  });
}

TEST_F(PostgresNeighboursTest, TablesThatAnotherMadeWhileWeWaitedForItsLockAreNotMadeAgain) {
  std::string making =
      "BEGIN; SELECT pg_advisory_xact_lock(1650553967); DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM "
      "pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP PERFORM pg_sleep(0.01); END "
      "LOOP; END $$; CREATE SCHEMA baton; CREATE TABLE baton.migrations (version integer PRIMARY "
      "KEY, file text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());";
  int version = 0;
  for (const std::string_view file : embedded_files("migrations/postgres/")) {
    making += fmt::format("{}\nINSERT INTO baton.migrations (version, file) VALUES ({}, '{}');",
                          *embedded_file(file), ++version, file);
  }
  std::thread another([&] { store_.tamper(making + "COMMIT"); });
  EXPECT_TRUE(eventually([&] {
    return store_.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1";
  }));
  const Result<std::unique_ptr<Journal>> journal = store_.open();
  another.join();
  EXPECT_TRUE(journal.ok()) << journal.error().message;
}

}  // namespace
}  // namespace baton
