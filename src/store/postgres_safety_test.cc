// What the shared store promises when something goes wrong: servers that restart, commits whose
// answer is lost, old copies put back, settings that would lose data, hostile texts.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <filesystem>

#include "base/fd.h"
#include "store/postgres_test_store.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PostgresSafetyTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = store_.missing(); !why.empty()) GTEST_SKIP() << why;
  }
  Event reserved(int call) {
    return CallReserved{.at = kNoon, .call = CallId(call), .model = "m", .hold = Money::cents(5)};
  }
  Event ended(int call, BillState bill = BillState::kSettled, Money charge = Money::cents(2)) {
    return CallEnded{.at = kNoon, .call = CallId(call), .bill = bill, .charge = charge};
  }
  // The numbers of the marks of r-1, in order.
  std::vector<int> marks(Journal& journal) {
    std::vector<int> numbers;
    const Result<std::vector<Event>> events = journal.events("r-1");
    EXPECT_TRUE(events.ok()) << events.error().message;
    for (const Event& event : *events) {
      if (const auto* e = std::get_if<CheckersStarted>(&event)) numbers.push_back(e->task.number());
    }
    return numbers;
  }

  PostgresStoreForTest store_;
};

TEST_F(PostgresSafetyTest, TheEndOfAJournalDoesNotWaitForAServerThatIsAway) {
  PostgresOptions options = store_.options();
  options.outage = Millis::seconds(7 * 24 * 3600);
  auto journal = store_.open_with(options);
  ASSERT_TRUE(journal.ok()) << journal.error().message;
  ASSERT_TRUE(append(**journal, "r-1", {created("r-1")}).ok());
  const auto lease = (*journal)->lease("r-1");
  ASSERT_TRUE(lease.ok());
  control_server("stop");
  std::atomic<bool> refused = false;
  (*journal)->append("r-1", {mark(1)}, {}, [&](const Status& status) { refused = !status; });
  const auto before = std::chrono::steady_clock::now();
  journal->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
  EXPECT_TRUE(refused) << "whoever asked is told";
  control_server("start");
}

TEST_F(PostgresSafetyTest, ARunWhoseLastEventIsGoneIsNotTakenForAShorterOne) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), mark(1), mark(2)}).ok());
  store_.tamper("DELETE FROM baton.events WHERE run = 'r-1' AND seq = 3");
  EXPECT_EQ(journal->events("r-1").error(),
            (Error{ErrorKind::kStorage,
                   "run r-1: its journal ends at event 2 and had 3, so it cannot go on; see what "
                   "`baton verify` reports"}));
}

// ---- the ledger ----

TEST_F(PostgresSafetyTest, EachCallStandsInTheLedgerAsItEnded) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1",
                     {created("r-1"), reserved(1), reserved(2), reserved(3), reserved(4), ended(1)})
                  .ok());
  ASSERT_TRUE(append(*journal, "r-1",
                     {ended(2, BillState::kNotBilled, Money()),
                      ended(3, BillState::kUnknown, Money::cents(5))})
                  .ok());
  EXPECT_EQ(
      store_.ask("SELECT string_agg(call || ' ' || state || ' ' || hold || ' ' || charge, ', ' "
                 "ORDER BY call) FROM baton.ledger"),
      "1 settled 50000000000 20000000000, 2 released 50000000000 0, "
      "3 written_off 50000000000 50000000000, 4 reserved 50000000000 0");
  EXPECT_THAT(damage_of(*journal), IsEmpty());
}

TEST_F(PostgresSafetyTest, ACallIsNeverSettledTwice) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), reserved(1), ended(1)}).ok());
  EXPECT_EQ(append(*journal, "r-1", {ended(1)}).error(),
            input_error("run r-1: call c1 has ended already: it is settled, with $0.02"));
  EXPECT_EQ(append(*journal, "r-1", {reserved(2), ended(2), ended(2)}).error().kind,
            ErrorKind::kInput);
  EXPECT_EQ(append(*journal, "r-1", {ended(7)}).error(),
            input_error("run r-1: call c7 ends without a reservation"));
  EXPECT_EQ(append(*journal, "r-1", {reserved(1)}).error(),
            input_error("run r-1: call c1 is reserved already"));
  EXPECT_TRUE(append(*journal, "r-1", {mark(1)}).ok()) << "each was refused alone";
  EXPECT_THAT(damage_of(*journal), IsEmpty());
}

TEST_F(PostgresSafetyTest, TheTableItselfRefusesASecondEnd) {
  ASSERT_TRUE(append(*opened(store_), "r-1", {created("r-1"), reserved(1), ended(1)}).ok());
  EXPECT_EQ(store_.ask("UPDATE baton.ledger SET charge = 0 RETURNING run"),
            "call 1 of run r-1 is settled already");
}

TEST_F(PostgresSafetyTest, VerifyComparesLedgerEventsAndList) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), reserved(1), reserved(2), mark(3)}).ok());
  store_.tamper("DELETE FROM baton.ledger WHERE call = 2; UPDATE baton.ledger SET hold = 0");
  EXPECT_THAT(
      damage_of(*journal),
      ElementsAre("run r-1: call c1 is in the ledger as reserved, $0.00 held, $0.00 charged, "
                  "and its events say reserved, $0.05 held, $0.00 charged",
                  "run r-1: call c2 is not in the ledger: its events say reserved, $0.05 held, "
                  "$0.00 charged"));
  store_.tamper("UPDATE baton.events SET body = replace(body, ':3}', ':7}') WHERE seq = 4");
  EXPECT_THAT(damage_of(*journal),
              ElementsAre("run r-1: event 4 (checkers_started) is not what was written: its hash "
                          "does not fit"));
  EXPECT_EQ(journal->events("r-1").error().kind, ErrorKind::kStorage);
  store_.tamper("DELETE FROM baton.events WHERE seq = 4");
  EXPECT_THAT(
      damage_of(*journal),
      ElementsAre("run r-1: its last 1 events are lost: it had come to event 4, and what is "
                  "left ends at event 3"));
  EXPECT_EQ(append(*opened(store_), "r-1", {mark(5)}).error().kind, ErrorKind::kStorage);
}

// ---- a server that goes and comes back ----

TEST_F(PostgresSafetyTest, ARestartOfTheServerInMidFlightLosesNothingAndDoublesNothing) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
  std::atomic<bool> going = true;
  std::vector<int> answered;
  std::thread driver([&] {
    for (int i = 1; going; ++i) {
      const Status status = append(*journal, "r-1", {mark(i)});
      ASSERT_TRUE(status.ok()) << status.error().message;
      answered.push_back(i);
    }
  });
  for (const char* how : {"restart", "crash", "start"}) control_server(how);
  ::usleep(50'000);
  going = false;
  driver.join();
  EXPECT_EQ(marks(*journal), answered);
  EXPECT_THAT(damage_of(*journal), IsEmpty());
}

TEST_F(PostgresSafetyTest, AnOutageThatIsTooLongFailsTheJournalAsAFailedDiskDoes) {
  PostgresOptions options = store_.options();
  options.outage = Millis(300);
  Result<std::unique_ptr<Journal>> journal = store_.open_with(options);
  ASSERT_TRUE(journal.ok());
  ASSERT_TRUE(append(**journal, "r-1", {created("r-1")}).ok());
  control_server("stop");
  const Status failed = append(**journal, "r-1", {mark(1)});
  control_server("start");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::kStorage);
  EXPECT_THAT(failed.error().message, HasSubstr("`baton resume r-1` goes on"));
  EXPECT_FALSE(append(**journal, "r-1", {mark(2)}).ok()) << "its end is not known any more";
  EXPECT_THAT(marks(*opened(store_)), IsEmpty());
}

// Stands between a journal and the server, and cuts a connection at the commit it is told to.
class Cutter {
 public:
  enum class Cut { kNone, kBeforeItArrives, kBeforeItsAnswer };

  explicit Cutter(const std::string& url) : url_(url) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const std::size_t at = url.find("127.0.0.1:") + 10;
    server_port_ = std::stoi(url.substr(at));
    url_ = url.substr(0, at) + std::to_string(ntohs(address.sin_port)) + url.substr(url.rfind('/'));
    accepter_ = std::thread([this] { accept(); });
  }
  ~Cutter() {
    closing_ = true;
    accepter_.join();
    for (std::thread& peer : peers_) peer.join();
  }
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  const std::string& url() const { return url_; }
  void arm(Cut cut) { cut_ = cut; }
  int cuts() const { return cuts_; }
  // Of the connections that there are, nothing is heard any more on either side.
  void hush() { hushed_ = accepted_.load(); }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  void accept() {
    while (!closing_) {
      pollfd ready = {listener_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      peers_.emplace_back(
          [this, client = ::accept(listener_.get(), nullptr, nullptr)] { relay(Fd(client)); });
    }
  }
  void relay(Fd client) {
    const int number = ++accepted_;
    Fd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(server_port_);
    ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    bool swallow = false;
    while (!closing_) {
      pollfd ready[2] = {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}};
      if (::poll(ready, 2, 20) <= 0) continue;
      std::string bytes(1 << 16, '\0');
      const bool from_client = ready[0].revents != 0;
      const ssize_t count =
          ::read(from_client ? client.get() : server.get(), bytes.data(), bytes.size());
      if (count <= 0) return;
      bytes.resize(static_cast<std::size_t>(count));
      if (number <= hushed_) continue;
      if (from_client && is_commit(bytes)) {
        const Cut cut = cut_.exchange(Cut::kNone);
        if (cut != Cut::kNone) ++cuts_;
        if (cut == Cut::kBeforeItArrives) return;
        swallow = cut == Cut::kBeforeItsAnswer;
      }
      if (!from_client && swallow) return;  // it is committed, and nobody hears of it
      const int to = from_client ? server.get() : client.get();
      if (::write(to, bytes.data(), bytes.size()) != count) return;
    }
  }
  // A Bind of the statement "commit", to the unnamed portal.
  static bool is_commit(const std::string& bytes) {
    return bytes.find(std::string("\0commit\0", 8)) != std::string::npos;
  }

  std::string url_;
  Fd listener_;
  int server_port_ = 0;
  std::atomic<Cut> cut_ = Cut::kNone;
  std::atomic<int> cuts_ = 0;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> hushed_ = 0;
  std::atomic<bool> closing_ = false;
  std::thread accepter_;
  std::vector<std::thread> peers_;
};

TEST_F(PostgresSafetyTest, ACommitWhoseAnswerIsLostIsLookedUpAndNeitherLostNorDoubled) {
  Cutter cutter(store_.url());
  const auto at_once = [](const std::function<void()>& task) { task(); };
  Result<std::unique_ptr<Journal>> journal =
      open_postgres_journal(cutter.url(), store_.options(), at_once);
  ASSERT_TRUE(journal.ok()) << journal.error().message;
  ASSERT_TRUE(append(**journal, "r-1", {created("r-1")}).ok());
  const DayCap cap = {"shop", "2026-11-20", Money::dollars(10)};
  int number = 0;
  Money granted;
  for (const Cutter::Cut cut : {Cutter::Cut::kBeforeItsAnswer, Cutter::Cut::kBeforeItArrives,
                                Cutter::Cut::kNone, Cutter::Cut::kBeforeItsAnswer}) {
    cutter.arm(cut);
    const Status status = append(**journal, "r-1", {mark(++number)});
    EXPECT_TRUE(status.ok()) << status.error().message;
    cutter.arm(cut);
    const Result<Money> share = allot(**journal, "r-1", Money::dollars(3), cap);
    EXPECT_TRUE(share.ok()) << share.error().message;
    granted += *share;
  }
  EXPECT_EQ(cutter.cuts(), 6);
  EXPECT_THAT(marks(**journal), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(granted, Money::dollars(10));
  EXPECT_EQ(store_.ask("SELECT sum(share)::text FROM baton.day_shares"),
            std::to_string(Money::dollars(10).picodollars()));
  EXPECT_THAT(damage_of(**journal), IsEmpty());
  journal->reset();
}

TEST_F(PostgresSafetyTest,
       AHeartbeatWhoseConnectionFallsSilentIsHeardByAnotherBeforeTheLeaseLapses) {
  Cutter cutter(store_.url());
  PostgresOptions options = store_.options();
  options.lease = Millis::seconds(8);
  auto journal = open_postgres_journal(cutter.url(), options, [](const auto& work) { work(); });
  ASSERT_TRUE(journal.ok()) << journal.error().message;
  const auto lease = (*journal)->lease("r-1");
  ASSERT_TRUE(lease.ok());
  ::usleep(500'000);
  cutter.hush();
  ::usleep(9'000'000);
  EXPECT_EQ(store_.ask("SELECT (s.until > clock_timestamp())::text FROM baton.leases l JOIN "
                       "baton.sessions s ON s.session = l.session"),
            "true");
  store_.tamper(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
      "current_database() AND application_name IN ('baton desk', 'baton journal')");
}

// ---- an older copy put back ----

class PostgresRestoreTest : public PostgresSafetyTest {
 protected:
  void SetUp() override {
    PostgresSafetyTest::SetUp();
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
  // Nothing is reserved, what is in flight ends, and a repair takes the store as it is.
  void expect_frozen_until_accepted(const std::string& why) {
    {
      const std::unique_ptr<Journal> journal = opened_with_evidence();
      const Status refused = append(*journal, "r-1", {reserved(2)});
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().kind, ErrorKind::kStorage);
      EXPECT_THAT(refused.error().message, HasSubstr(why));
      EXPECT_THAT(refused.error().message, HasSubstr("baton repair --store URL --accept-restored"));
      const DayCap cap = {"shop", "2026-11-20", Money::dollars(10)};
      EXPECT_FALSE(allot(*journal, "r-1", Money::dollars(1), cap).ok());
      EXPECT_TRUE(append(*journal, "r-1", {ended(1)}).ok());
      EXPECT_THAT(damage_of(*journal), ElementsAre(HasSubstr(why)));
    }
    const Result<std::string> noted = accept_restored(store_.url());
    ASSERT_TRUE(noted.ok()) << noted.error().message;
    EXPECT_THAT(*noted, HasSubstr("accepted as restored"));
    EXPECT_EQ(store_.ask("SELECT what FROM baton.store_log ORDER BY number DESC"), *noted);
    const std::unique_ptr<Journal> journal = opened_with_evidence();
    EXPECT_TRUE(append(*journal, "r-1", {reserved(2)}).ok());
    EXPECT_THAT(damage_of(*journal), IsEmpty());
  }

  std::filesystem::path evidence_;
  PostgresOptions options_;
};

TEST_F(PostgresRestoreTest, AnOlderCopyOfTheServersFilesReservesNothing) {
  ASSERT_TRUE(append(*opened_with_evidence(), "r-1", {created("r-1"), reserved(1)}).ok());
  control_server("save");
  ASSERT_TRUE(append(*opened_with_evidence(), "r-1", {mark(1), mark(2)}).ok());
  control_server("put_back");
  expect_frozen_until_accepted("the server's log ends before what it had acknowledged");
}

TEST_F(PostgresRestoreTest, AStoreInAnotherClusterThanItWasWrittenInReservesNothing) {
  ASSERT_TRUE(append(*opened_with_evidence(), "r-1", {created("r-1"), reserved(1)}).ok());
  store_.tamper("UPDATE baton.store SET cluster = '1234/00000001'");
  expect_frozen_until_accepted("it was written in cluster 1234/00000001 and is in");
}

TEST_F(PostgresRestoreTest, AStoreThatEndsBeforeWhatThisMachineWroteReservesNothing) {
  ASSERT_TRUE(
      append(*opened_with_evidence(), "r-1", {created("r-1"), reserved(1), mark(1), mark(2)}).ok());
  store_.tamper(
      "DELETE FROM baton.events WHERE seq > 2; UPDATE baton.runs SET events = 2, tip = (SELECT "
      "hash "
      "FROM baton.events WHERE seq = 2)");
  expect_frozen_until_accepted("run r-1 ends at event 2, and had come to event 4");
}

TEST_F(PostgresRestoreTest, AServerWhoseLogEndsBeforeWhatItAcknowledgedReservesNothing) {
  ASSERT_TRUE(append(*opened_with_evidence(), "r-1", {created("r-1"), reserved(1)}).ok());
  for (const auto& entry : std::filesystem::directory_iterator(options_.evidence)) {
    std::FILE* file = std::fopen((entry.path() / "position").c_str(), "w");
    std::fputs("09000000000000000000\n", file);
    std::fclose(file);
  }
  expect_frozen_until_accepted("the server's log ends before what it had acknowledged");
}

TEST_F(PostgresRestoreTest, ACopyPutBackUnderARunningProcessIsSeenToo) {
  const std::unique_ptr<Journal> journal = opened(store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), mark(1), mark(2)}).ok());
  store_.tamper(
      "DELETE FROM baton.events WHERE seq > 2; UPDATE baton.runs SET events = 2, tip = (SELECT "
      "hash "
      "FROM baton.events WHERE seq = 2)");
  EXPECT_THAT(append(*journal, "r-1", {reserved(1)}).error().message,
              HasSubstr("run r-1 ends at event 2, and had come to event 3"));
}

TEST_F(PostgresRestoreTest, WhatOneProcessHasSeenKeepsAllOthersFromReservingUntilItIsAccepted) {
  const std::unique_ptr<Journal> other = opened(store_);
  ASSERT_TRUE(append(*other, "r-2", {created("r-2")}).ok());
  ASSERT_TRUE(append(*opened_with_evidence(), "r-1", {created("r-1"), mark(1)}).ok());
  store_.tamper(
      "DELETE FROM baton.events WHERE run = 'r-1' AND seq > 1; UPDATE baton.runs SET events = 1, "
      "tip = "
      "(SELECT hash FROM baton.events WHERE run = 'r-1') WHERE run = 'r-1'");
  EXPECT_TRUE(append(*opened_with_evidence(), "r-1", {mark(2)}).ok());
  EXPECT_THAT(append(*other, "r-2", {reserved(1)}).error().message,
              HasSubstr("run r-1 ends at event 1, and had come to event 2"));
  ASSERT_TRUE(accept_restored(store_.url()).ok());
  EXPECT_TRUE(append(*other, "r-2", {reserved(1)}).ok()) << "and processes that run go on";
}

TEST_F(PostgresSafetyTest, ARunThatIsDamagedDoesNotKeepOthersFromGoingOn) {
  const std::unique_ptr<Journal> journal = opened(store_);
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(append(*journal, run, {created(run)}).ok());
  store_.tamper("DELETE FROM baton.events WHERE run = 'r-1'");
  EXPECT_EQ(
      append(*journal, "r-1", {mark(1)}).error(),
      storage_error("run r-1: its last event is not there, so it cannot go on; see what `baton "
                    "verify` reports"));
  EXPECT_TRUE(append(*journal, "r-2", {mark(1)}).ok());
}

// ---- opening ----

TEST_F(PostgresSafetyTest, ProcessesThatFindTheStoreNewMakeItOnce) {
  std::vector<std::thread> processes;
  for (int i = 0; i < 6; ++i) {
    processes.emplace_back([&, run = fmt::format("r-{}", i)] {
      EXPECT_TRUE(append(*opened(store_), run, {created(run)}).ok());
    });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_EQ(opened(store_)->runs()->size(), 6U);
  EXPECT_EQ(store_.ask("SELECT string_agg(file, ' ' ORDER BY version) FROM baton.migrations"),
            "migrations/postgres/0001_journal.sql migrations/postgres/0002_fleet.sql");
}

TEST_F(PostgresSafetyTest, TablesOfALaterVersionAreLeftAlone) {
  opened(store_);
  store_.tamper("INSERT INTO baton.migrations (version, file) VALUES (99, 'later')");
  EXPECT_EQ(
      store_.open().error(),
      storage_error(fmt::format("{}: its tables are of version 99, and this baton knows versions "
                                "up to 2: use the baton that wrote them, or a later one",
                                postgres_url_shown(store_.url()))));
}

TEST_F(PostgresSafetyTest, AServerThatWouldLoseWhatItAcknowledgedIsRefused) {
  for (const char* setting : {"fsync", "full_page_writes"}) {
    store_.tamper(fmt::format("ALTER SYSTEM SET {} = off", setting));
    store_.tamper("SELECT pg_reload_conf()");
    Error error;
    EXPECT_TRUE(eventually([&] {
      const Result<std::unique_ptr<Journal>> journal = store_.open();
      if (!journal) error = journal.error();
      return !journal.ok();
    }));
    EXPECT_EQ(error,
              storage_error(fmt::format(
                  "{}: its server runs with {} = off and would lose in a power cut what it has "
                  "acknowledged: set {} = on and reload it",
                  postgres_url_shown(store_.url()), setting, setting)));
    store_.tamper(fmt::format("ALTER SYSTEM RESET {}", setting));
    store_.tamper("SELECT pg_reload_conf()");
    EXPECT_TRUE(eventually([&] { return store_.open().ok(); }));
  }
}

TEST_F(PostgresSafetyTest, AnOrdinaryRoleIsEnough) {
  store_.tamper(
      "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN; GRANT CREATE ON DATABASE baton TO "
      "plain");
  std::string url = store_.url();
  url.replace(url.find("//baton@"), 8, "//plain@");
  const auto at_once = [](const std::function<void()>& task) { task(); };
  {
    const Result<std::unique_ptr<Journal>> journal =
        open_postgres_journal(url, store_.options(), at_once);
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    EXPECT_TRUE((*journal)->lease("r-1").ok());
    EXPECT_TRUE(append(**journal, "r-1", {created("r-1"), reserved(1), ended(1)}).ok());
    EXPECT_THAT(damage_of(**journal), IsEmpty());
    EXPECT_TRUE(accept_restored(url).ok());
  }
  store_.tamper("DROP SCHEMA baton CASCADE; DROP OWNED BY plain; DROP ROLE plain");
}

// ---- texts ----

TEST_F(PostgresSafetyTest, NoTextOfARunCanBreakTheJournal) {
  const std::unique_ptr<Journal> journal = opened(store_);
  const std::string hostile =
      std::string("'; DROP TABLE runs; --\0\xff\x80{},\"\\", 28) + std::string(20'000, 'x');
  ASSERT_TRUE(append(*journal, "r-1",
                     {RunCreated{.at = kNoon,
                                 .run = "r-1",
                                 .workflow = hostile,
                                 .title = hostile,
                                 .project = hostile,
                                 .key = hostile},
                      CallReserved{.call = CallId(1), .model = hostile}})
                  .ok());
  EXPECT_EQ(*journal->run_with_key(hostile), RunId("r-1"));
  EXPECT_EQ(append(*journal, "r-2", {RunCreated{.run = "r-2", .key = hostile}}).error().kind,
            ErrorKind::kBusy);
  EXPECT_TRUE(allot(*journal, "r-1", Money::cents(1), {hostile, hostile, Money::cents(5)}).ok());
  EXPECT_EQ(journal->blob(hostile).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(journal->events(hostile).error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(damage_of(*journal), IsEmpty());
}

TEST_F(PostgresSafetyTest, ALongJournalComesBackWholeThoughItIsReadInPages) {
  const std::unique_ptr<Journal> journal = opened(store_);
  std::vector<Event> events = {created("r-1")};
  for (int i = 0; i < 2'500; ++i) events.push_back(mark(i));
  ASSERT_TRUE(append(*journal, "r-1", events).ok());
  EXPECT_EQ(*journal->events("r-1"), events);
  EXPECT_THAT(damage_of(*journal), IsEmpty());
}

TEST(PostgresSecretsTest, APasswordIsInNoMessage) {
  const auto at_once = [](const std::function<void()>& task) { task(); };
  for (const char* url :
       {"postgresql://user:hunter2%40x@127.0.0.1:1/db", "postgres://user:hunter2@127.0.0.1:1/db",
        "postgresql://user:hunter2@x@127.0.0.1:1/db", "postgresql://user:hunter2@[::1/db",
        "postgresql://user:hunter2@host:port/db", "postgresql://127.0.0.1:1/db?password=hunter2",
        "postgresql://u@127.0.0.1:1/hunter2?password=hunter2", "mysql://user:hunter2@host/db",
        "postgresql://user:hunter2@127.0.0.1:1/db?wrong=hunter2", "hunter2"}) {
    const Result<std::unique_ptr<Journal>> journal = open_postgres_journal(url, {}, at_once);
    ASSERT_FALSE(journal.ok()) << url;
    EXPECT_THAT(journal.error().message, Not(HasSubstr("hunter2"))) << url;
    EXPECT_THAT(accept_restored(url).error().message, Not(HasSubstr("hunter2"))) << url;
    EXPECT_THAT(postgres_url_shown(url), Not(HasSubstr("user:"))) << url;
  }
}

}  // namespace
}  // namespace baton
