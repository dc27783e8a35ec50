// Leases, the queue, and what else the processes of a fleet share, against a real server.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "store/fleet.h"
#include "store/postgres_test_store.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What a callback is given, waited for.
template <typename T>
class Answer {
 public:
  std::function<void(T)> taker() {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  T get() { return promise_->get_future().get(); }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
};

Status submit(Journal& journal, const RunId& run, const std::string& place = "") {
  Answer<Status> answer;
  journal.fleet()->submit(run, {created(run)}, {}, {.place = place}, answer.taker());
  return answer.get();
}

Status requeue(Journal& journal, const RunId& run) {
  Answer<Status> answer;
  journal.fleet()->requeue(run, answer.taker());
  return answer.get();
}

constexpr int kDeaths = 3;

std::optional<ClaimedRun> claim(Journal& journal, const std::vector<std::string>& places = {},
                                int most_deaths = kDeaths) {
  Answer<Result<std::optional<ClaimedRun>>> answer;
  journal.fleet()->claim(places, most_deaths, answer.taker());
  Result<std::optional<ClaimedRun>> claimed = answer.get();
  EXPECT_TRUE(claimed.ok()) << claimed.error().message;
  return claimed ? std::move(*claimed) : std::nullopt;
}

RunId claimed_run(const std::optional<ClaimedRun>& claimed) {
  return claimed ? claimed->run : "none";
}

PrefixAnswer ask_prefix(Journal& journal, const std::string& prefix, Millis gate) {
  Answer<Result<PrefixAnswer>> answer;
  journal.fleet()->ask_prefix(prefix, gate, answer.taker());
  const Result<PrefixAnswer> told = answer.get();
  EXPECT_TRUE(told.ok()) << told.error().message;
  return *told;
}

class PostgresFleetTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = store_.missing(); !why.empty()) GTEST_SKIP() << why;
    a_ = worker("host-a/1");
    b_ = worker("host-b/2");
  }
  void TearDown() override {
    a_.reset();
    b_.reset();
  }

  std::unique_ptr<Journal> worker(const std::string& name) {
    PostgresOptions options = store_.options();
    options.worker = name;
    Result<std::unique_ptr<Journal>> journal = store_.open_with(options);
    EXPECT_TRUE(journal.ok()) << journal.error().message;
    return std::move(*journal);
  }
  // The clock of the database passes the end of a session that was not heard of.
  void let_lapse(const std::string& worker) {
    store_.tamper(fmt::format(
        "UPDATE baton.sessions SET until = clock_timestamp() WHERE worker = '{}'", worker));
  }
  std::vector<std::string> queue() {
    std::vector<std::string> lines;
    const Result<std::vector<QueuedRun>> queue = a_->fleet()->queue();
    EXPECT_TRUE(queue.ok()) << queue.error().message;
    for (const QueuedRun& q : *queue) {
      lines.push_back(
          fmt::format("{} {} '{}' {} deaths", q.run, to_string(q.state), q.worker, q.deaths));
    }
    return lines;
  }

  PostgresStoreForTest store_;
  std::unique_ptr<Journal> a_, b_;
};

// ---- leases ----

TEST_F(PostgresFleetTest, ALapsedLeaseCommitsNothingEvenIfNobodyHasTakenItsRun) {
  ASSERT_TRUE(append(*a_, "r-1", {created("r-1")}).ok());
  auto lease = a_->lease("r-1");
  ASSERT_TRUE(lease.ok());
  ASSERT_TRUE(append(*a_, "r-1", {mark(1)}).ok());
  let_lapse("host-a/1");

  EXPECT_EQ(
      append(*a_, "r-1", {mark(2)}).error(),
      (Error{ErrorKind::kBusy,
             "this process has lost run r-1: its lease has lapsed, since the database did not "
             "hear of it in time, and nothing more is written here"}));
  lease->reset();
  EXPECT_FALSE(append(*a_, "r-1", {mark(2)}).ok())
      << "letting go of what was lost brings nothing back";
  EXPECT_EQ(*b_->events("r-1"), (std::vector<Event>{created("r-1"), mark(1)}));

  const auto again = a_->lease("r-1");
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(append(*a_, "r-1", {mark(3)}).ok()) << "with a new lease it can be gone on with";
}

TEST_F(PostgresFleetTest, WhoeverHasTakenARunOverIsTheOnlyOneWhoWritesIt) {
  ASSERT_TRUE(append(*a_, "r-1", {created("r-1")}).ok());
  const auto lost = a_->lease("r-1");
  ASSERT_TRUE(lost.ok());
  let_lapse("host-a/1");
  const auto taken = b_->lease("r-1");
  ASSERT_TRUE(taken.ok());

  EXPECT_EQ(append(*a_, "r-1", {mark(1)}).error(),
            (Error{ErrorKind::kBusy,
                   "this process has lost run r-1: host-b/2 has taken it over, and nothing more is "
                   "written here"}));
  EXPECT_TRUE(append(*b_, "r-1", {mark(2)}).ok());
  EXPECT_EQ(*a_->events("r-1"), (std::vector<Event>{created("r-1"), mark(2)}));
}

TEST_F(PostgresFleetTest, ATransactionWhoseLeaseLapsesOnTheWayIsNotCommitted) {
  ASSERT_TRUE(append(*a_, "r-1", {created("r-1")}).ok());
  const auto lease = a_->lease("r-1");
  ASSERT_TRUE(lease.ok());
  constexpr const char* kHeld =
      "SELECT baton.hold_leases(ARRAY['r-1'], ARRAY[(SELECT fence FROM baton.leases)])::text";
  EXPECT_EQ(store_.ask(kHeld), "");
  let_lapse("host-a/1");
  EXPECT_THAT(store_.ask(kHeld), HasSubstr("the lease of run r-1 has lapsed"));
}

TEST_F(PostgresFleetTest, WhileARunIsDrivenNobodyElseAppendsToIt) {
  ASSERT_TRUE(append(*a_, "r-1", {created("r-1")}).ok());
  auto lease = a_->lease("r-1");
  ASSERT_TRUE(lease.ok());
  EXPECT_EQ(append(*b_, "r-1", {mark(1)}).error(),
            (Error{ErrorKind::kBusy, "run r-1 is being driven by host-a/1"}));
  EXPECT_EQ(
      b_->lease("r-1").error(),
      (Error{ErrorKind::kBusy, "run r-1 is being driven by host-a/1: wait for it or stop it"}));
  lease->reset();
  EXPECT_TRUE(eventually([&] { return append(*b_, "r-1", {mark(1)}).ok(); }));
}

// A worker that stood still takes up again what nobody else has taken meanwhile, and its earlier
// driver of that run may not yet know that it has lost it.
TEST_F(PostgresFleetTest, WhatADriverDecidedBeforeItsRunWasClaimedHereAnewIsRefused) {
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  const auto do_posted = [&] {
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock(mutex);
      now.swap(posted);
    }
    for (const auto& work : now) work();
  };
  PostgresOptions options = store_.options();
  options.worker = "host-c/3";
  auto opened = open_postgres_journal(store_.url(), options, [&](std::function<void()> work) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(work));
  });
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Journal& c = **opened;
  std::vector<std::optional<ClaimedRun>> claims;
  const auto claim_on_loop = [&] {
    c.fleet()->claim({}, kDeaths, [&](Result<std::optional<ClaimedRun>> claimed) {
      claims.push_back(std::move(*claimed));
    });
  };
  ASSERT_TRUE(submit(*b_, "r-1").ok());
  claim_on_loop();
  ASSERT_TRUE(eventually([&] { return do_posted(), claims.size() == 1; }));
  ASSERT_EQ(claimed_run(claims.front()), "r-1");
  const std::string first = store_.ask("SELECT fence::text FROM baton.leases");
  let_lapse("host-c/3");

  claim_on_loop();
  ASSERT_TRUE(
      eventually([&] { return store_.ask("SELECT fence::text FROM baton.leases") != first; }));
  std::vector<Status> told;
  const auto note = [&](const Status& status) { told.push_back(status); };
  c.append("r-1", {mark(1)}, {}, note);
  ASSERT_TRUE(eventually([&] { return do_posted(), claims.size() == 2 && told.size() == 1; }));
  ASSERT_EQ(claimed_run(claims.back()), "r-1");
  c.append("r-1", {mark(2)}, {}, note);
  ASSERT_TRUE(eventually([&] { return do_posted(), told.size() == 2; }));

  EXPECT_EQ(told.front().error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(told.back().ok()) << "what is decided under the new lease is written";
  EXPECT_EQ(*b_->events("r-1"), (std::vector<Event>{created("r-1"), mark(2)}));
  claims.clear();
  opened->reset();
}

TEST_F(PostgresFleetTest, AProcessThatHangsLosesItsRunsAndOneThatAnswersKeepsThem) {
  PostgresOptions options = store_.options();
  options.worker = "host-c/3";
  options.lease = Millis(900);
  options.heartbeat = Millis(100);
  options.hung_after = Millis(1'500);
  std::atomic<bool> hangs = false;
  std::mutex mutex;
  std::vector<std::function<void()>> kept;
  auto opened = open_postgres_journal(store_.url(), options, [&](std::function<void()> work) {
    if (!hangs) return work();
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(work));
  });
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  ASSERT_TRUE(append(**opened, "r-1", {created("r-1")}).ok());
  const auto lease = (*opened)->lease("r-1");
  ASSERT_TRUE(lease.ok());
  ::usleep(2'500'000);
  EXPECT_EQ(b_->lease("r-1").error().kind, ErrorKind::kBusy) << "it has answered all the time";
  hangs = true;
  EXPECT_TRUE(eventually([&] { return b_->lease("r-1").ok(); }));
  const std::lock_guard lock(mutex);
  kept.clear();
}

TEST_F(PostgresFleetTest, HeartbeatsKeepALeaseForLongerThanItsLength) {
  ASSERT_TRUE(append(*a_, "r-1", {created("r-1")}).ok());
  const auto lease = a_->lease("r-1");
  ASSERT_TRUE(lease.ok());
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(2 * store_.options().lease.count());
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_EQ(b_->lease("r-1").error().kind, ErrorKind::kBusy);
    ::usleep(100'000);
  }
  EXPECT_TRUE(append(*a_, "r-1", {mark(1)}).ok());
}

TEST_F(PostgresFleetTest, TheEndOfAJournalLetsGoOfWhatItHolds) {
  const auto lease = a_->lease("r-1");
  ASSERT_TRUE(lease.ok());
  a_.reset();
  EXPECT_TRUE(b_->lease("r-1").ok());
}

TEST_F(PostgresFleetTest, AHeartbeatThatWouldComeTooLateIsRefused) {
  PostgresOptions options = store_.options();
  options.heartbeat = options.lease;
  EXPECT_EQ(store_.open_with(options).error().kind, ErrorKind::kUsage);
}

// ---- the queue ----

TEST_F(PostgresFleetTest, TheRunThatHasWaitedLongestIsClaimedFirstAndDrivenByItsClaimer) {
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(submit(*a_, run).ok());
  EXPECT_THAT(queue(), ElementsAre("r-1 waiting '' 0 deaths", "r-2 waiting '' 0 deaths"));

  const auto first = claim(*b_);
  const auto second = claim(*a_);
  EXPECT_EQ(claimed_run(first), "r-1");
  EXPECT_EQ(claimed_run(second), "r-2");
  EXPECT_EQ(claimed_run(claim(*a_)), "none");
  EXPECT_THAT(queue(),
              ElementsAre("r-1 driven 'host-b/2' 0 deaths", "r-2 driven 'host-a/1' 0 deaths"));
  EXPECT_TRUE(append(*b_, "r-1", {mark(1)}).ok());
  EXPECT_FALSE(append(*a_, "r-1", {mark(1)}).ok());
}

TEST_F(PostgresFleetTest, ARunIsClaimedOnlyWhereItsPlaceIs) {
  ASSERT_TRUE(submit(*a_, "r-1", "laptop").ok());
  ASSERT_TRUE(submit(*a_, "r-2", "it's \"here\", {too}").ok());
  ASSERT_TRUE(submit(*a_, "r-3").ok());
  const auto anywhere = claim(*b_, {"elsewhere"});
  EXPECT_EQ(claimed_run(anywhere), "r-3");
  EXPECT_EQ(claimed_run(claim(*b_, {"elsewhere"})), "none");
  const auto here = claim(*b_, {"it's \"here\", {too}"});
  EXPECT_EQ(claimed_run(here), "r-2");
  const auto laptop = claim(*b_, {"elsewhere", "laptop"});
  EXPECT_EQ(claimed_run(laptop), "r-1");
}

TEST_F(PostgresFleetTest, AnEndedRunIsDoneAndAPausedOneParkedUntilItIsAskedForAgain) {
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(submit(*a_, run).ok());
  {
    const auto first = claim(*b_);
    const auto second = claim(*b_);
    ASSERT_TRUE(append(*b_, "r-1", {RunEnded{.at = kNoon, .status = RunStatus::kComplete}}).ok());
    ASSERT_TRUE(append(*b_, "r-2", {RunEnded{.at = kNoon, .status = RunStatus::kPaused}}).ok());
  }
  EXPECT_TRUE(eventually(
      [&] { return queue() == std::vector<std::string>{"r-2 parked 'host-b/2' 0 deaths"}; }));
  EXPECT_EQ(claimed_run(claim(*a_)), "none");
  ASSERT_TRUE(requeue(*a_, "r-2").ok());
  const auto again = claim(*a_);
  EXPECT_EQ(claimed_run(again), "r-2");
  EXPECT_EQ(again->deaths, 0);
  EXPECT_EQ(requeue(*b_, "r-2").error(),
            (Error{ErrorKind::kBusy,
                   "run r-2 cannot wait in the queue: it is being driven by host-a/1"}));
  EXPECT_EQ(requeue(*b_, "r-none").error().kind, ErrorKind::kNotFound);
}

TEST_F(PostgresFleetTest, ARunThatItsWorkerHandsBackWaitsFromTheMomentOfItsPause) {
  ASSERT_TRUE(submit(*a_, "r-1").ok());
  {
    const auto claimed = claim(*a_);
    const RunEnded paused{
        .at = kNoon, .status = RunStatus::kPaused, .reason = std::string(kHandedBack)};
    ASSERT_TRUE(append(*a_, "r-1", {paused}).ok());
    EXPECT_EQ(claimed_run(claim(*b_)), "none") << "its worker still holds it";
    let_lapse("host-a/1");  // it dies before it says anything else
  }
  const auto again = claim(*b_);
  EXPECT_EQ(claimed_run(again), "r-1");
  EXPECT_EQ(again->deaths, 0);
}

TEST_F(PostgresFleetTest, ARunThatKillsItsWorkersIsQuarantinedUntilItIsAskedForAgain) {
  ASSERT_TRUE(submit(*b_, "r-1").ok());
  std::vector<std::optional<ClaimedRun>> lost;
  for (int death = 0; death < kDeaths; ++death) {
    lost.push_back(claim(*a_));
    ASSERT_EQ(claimed_run(lost.back()), "r-1");
    EXPECT_EQ(lost.back()->deaths, death);
    let_lapse("host-a/1");
  }
  EXPECT_EQ(claimed_run(claim(*b_)), "none");
  EXPECT_THAT(queue(), ElementsAre("r-1 quarantined 'host-a/1' 3 deaths"));
  ASSERT_TRUE(requeue(*b_, "r-1").ok());
  const auto again = claim(*b_);
  EXPECT_EQ(claimed_run(again), "r-1");
  EXPECT_EQ(again->deaths, 0);
}

TEST_F(PostgresFleetTest, ARunGivenUpWithoutItsEndCountsAsADeath) {
  ASSERT_TRUE(submit(*a_, "r-1").ok());
  EXPECT_EQ(claimed_run(claim(*a_)), "r-1");  // and let go of at once
  const auto again = claim(*a_);
  ASSERT_EQ(claimed_run(again), "r-1");
  EXPECT_EQ(again->deaths, 1);
}

TEST_F(PostgresFleetTest, ARestartOfTheServerIsNobodysDeath) {
  ASSERT_TRUE(submit(*b_, "r-1").ok());
  const auto lost = claim(*a_);
  ASSERT_EQ(claimed_run(lost), "r-1");
  a_.reset();
  store_.tamper(
      "UPDATE baton.leases SET released = false; UPDATE baton.queue SET state = 'driven'; "
      "INSERT INTO baton.sessions (worker, scope, heard, until) VALUES ('host-a/1', '', "
      "clock_timestamp(), clock_timestamp()); "
      "UPDATE baton.leases SET session = (SELECT max(session) FROM baton.sessions)");
  control_server("restart");
  const auto again = claim(*b_);
  ASSERT_EQ(claimed_run(again), "r-1");
  EXPECT_EQ(again->deaths, 0);
}

TEST_F(PostgresFleetTest, WorkersThatClaimAtTheSameTimeNeverGetTheSameRun) {
  constexpr int kRuns = 40;
  for (int i = 0; i < kRuns; ++i) ASSERT_TRUE(submit(*a_, fmt::format("r-{}", i)).ok());
  std::mutex mutex;
  std::vector<ClaimedRun> all;
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      const std::unique_ptr<Journal> journal = worker(fmt::format("host-{}/9", w));
      int in_vain = 0;
      std::vector<ClaimedRun> mine;
      while (in_vain < 3) {
        std::optional<ClaimedRun> claimed = claim(*journal);
        if (!claimed) {
          ++in_vain;
          continue;
        }
        EXPECT_TRUE(
            append(*journal, claimed->run, {RunEnded{.status = RunStatus::kComplete}}).ok());
        mine.push_back(std::move(*claimed));
      }
      const std::lock_guard lock(mutex);
      for (ClaimedRun& claimed : mine) all.push_back(std::move(claimed));
    });
  }
  for (std::thread& thread : workers) thread.join();
  std::set<RunId> distinct;
  for (const ClaimedRun& claimed : all) distinct.insert(claimed.run);
  EXPECT_EQ(all.size(), std::size_t{kRuns});
  EXPECT_EQ(distinct.size(), std::size_t{kRuns});
}

TEST_F(PostgresFleetTest, WorkIsNoticedByThoseWhoWaitForIt) {
  std::atomic<int> notices = 0;
  b_->fleet()->on_work([&] { ++notices; });
  int number = 0;
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(submit(*a_, fmt::format("r-{}", ++number)).ok());
    return notices > 0;
  }));
  b_.reset();  // it notices no more before what it counts in is gone
}

TEST_F(PostgresFleetTest, ASubmittedRunIsQueuedWithItsCreationOrNotAtAll) {
  ASSERT_TRUE(submit(*a_, "r-1").ok());
  EXPECT_EQ(submit(*b_, "r-1").error().kind, ErrorKind::kInput);
  Answer<Status> answer;
  a_->fleet()->submit("r-2", {mark(1)}, {}, {}, answer.taker());
  EXPECT_EQ(answer.get().error().kind, ErrorKind::kInput);
  EXPECT_THAT(queue(), ElementsAre("r-1 waiting '' 0 deaths"));
}

TEST_F(PostgresFleetTest, WorkersAreSeenWithWhatTheyDrive) {
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(submit(*a_, run).ok());
  const auto first = claim(*a_);
  const auto second = claim(*a_);
  EXPECT_EQ(claimed_run(claim(*b_)), "none");
  const Result<std::vector<WorkerSeen>> seen = b_->fleet()->workers();
  ASSERT_TRUE(seen.ok()) << seen.error().message;
  std::vector<std::string> lines;
  for (const WorkerSeen& w : *seen) lines.push_back(fmt::format("{} {}", w.name, w.runs));
  EXPECT_THAT(lines, ElementsAre("host-a/1 2", "host-b/2 0"));
}

// ---- prefixes and limits ----

TEST_F(PostgresFleetTest, APrefixIsWrittenByOneUntilItCanBeRead) {
  const PrefixAnswer first = ask_prefix(*a_, "p-1", Millis::seconds(60));
  EXPECT_TRUE(first.mine);
  const PrefixAnswer second = ask_prefix(*b_, "p-1", Millis::seconds(60));
  EXPECT_FALSE(second.mine);
  EXPECT_EQ(second.readable_for, Millis());
  EXPECT_TRUE(ask_prefix(*b_, "p-2", Millis::seconds(60)).mine) << "another prefix is another's";

  a_->fleet()->prefix_written("p-1", Millis::seconds(300));
  EXPECT_TRUE(eventually([&] {
    const PrefixAnswer now = ask_prefix(*b_, "p-1", Millis::seconds(60));
    return !now.mine && now.readable_for > Millis::seconds(250) &&
           now.readable_for <= Millis::seconds(300);
  }));
}

TEST_F(PostgresFleetTest, AGateThatWasNeverOpenedGoesToTheNextWhoAsks) {
  EXPECT_TRUE(ask_prefix(*a_, "p-1", Millis(0)).mine);
  EXPECT_TRUE(ask_prefix(*b_, "p-1", Millis::seconds(60)).mine);
  EXPECT_FALSE(ask_prefix(*a_, "p-1", Millis::seconds(60)).mine);
}

TEST_F(PostgresFleetTest, TheProvidersLimitsAreSharedByWhatEachDrives) {
  std::atomic<double> share_of_a = -1;
  std::atomic<double> share_of_b = -1;
  std::atomic<int> holds_of_b = 0;
  a_->fleet()->on_view([&](const FleetView& view) { share_of_a = view.share; });
  b_->fleet()->on_view([&](const FleetView& view) {
    share_of_b = view.share;
    holds_of_b = static_cast<int>(view.holds.size());
    for (const auto& [rate_class, left] : view.holds) {
      EXPECT_EQ(rate_class, "sonnet");
      EXPECT_GT(left, Millis::seconds(50));
    }
  });
  EXPECT_TRUE(eventually([&] { return share_of_a == 1; })) << "nothing is driven: all of it";
  std::vector<std::unique_ptr<RunLease>> leases;
  for (const char* run : {"r-1", "r-2", "r-3"}) leases.push_back(std::move(*a_->lease(run)));
  leases.push_back(std::move(*b_->lease("r-4")));
  EXPECT_TRUE(eventually([&] { return share_of_a == 0.75 && share_of_b == 0.25; }));

  a_->fleet()->throttled("sonnet", Millis::seconds(60));
  EXPECT_TRUE(eventually([&] { return holds_of_b == 1; }));
  leases.clear();
  a_.reset();  // its view is told no more before what it tells is gone
  b_.reset();
}

}  // namespace
}  // namespace baton
