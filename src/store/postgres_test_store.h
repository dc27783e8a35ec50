// A store of a test's own (one at a time), on the server that tests/with_postgres starts beside the
// test program.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "store/journal_conformance.h"
#include "store/postgres_journal.h"

namespace baton {

// The server's URL; empty where there is none, and tests of it are skipped.
std::string test_server();
// "stop", "start", "restart", "crash", "save" or "put_back": done when it returns.
void control_server(const std::string& what);

class PostgresStoreForTest : public TestStore {
 public:
  explicit PostgresStoreForTest(PostgresOptions options = short_leases());
  ~PostgresStoreForTest() override;
  static PostgresOptions short_leases();

  Result<std::unique_ptr<Journal>> open() override { return open_with(options_); }
  Result<std::unique_ptr<Journal>> open_with(const PostgresOptions& options);
  // The server answers as with a full disk to each further text, once there are a few.
  void leave_no_room() override;
  std::string missing() const override {
    return test_server().empty() ? "BATON_TEST_POSTGRES names no server: run tests/with_postgres "
                                   "<this program>, as ctest does"
                                 : "";
  }
  Millis longest_lease_of_the_dead() const override { return options_.lease + Millis(1'000); }

  const std::string& url() const { return url_; }
  const PostgresOptions& options() const { return options_; }
  // Does to the database what no journal would.
  void tamper(const std::string& sql);
  // The first column of the first row, or what the server refuses it with.
  std::string ask(const std::string& sql);

 private:
  PostgresOptions options_;
  std::string url_;
};

std::unique_ptr<TestStore> make_postgres_store();

}  // namespace baton
