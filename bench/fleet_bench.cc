// What a fleet's workers get from one PostgreSQL, by their number: runs claimed and events made
// durable a second; beside it, what a program does that has no journal of its own.
//
//   fleet_bench URL prepare RUNS             makes the tables, and runs that wait
//   fleet_bench URL MEASUREMENT WORKERS SECONDS
//
// Each worker is a thread with a journal, and so with connections, of its own, as a process has.
//   claim    a run is taken from the queue, with its lease; a worker holds eight, and hands the
//            oldest back for each further one
//   reserve  the reservation of a call is durable, with its row in the ledger: by one caller of
//            each worker, or (reserve-16) by 16
//   call-16  what a driver appends between two answers (callers.h), by 16 callers of each worker
//   plain-claim, plain-reserve  the same by plain_postgres.h
// The database is the benchmark's own. Prints an object of JSON.
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <optional>
#include <thread>

#include "callers.h"
#include "plain_postgres.h"
#include "store/postgres_journal.h"

namespace {

using namespace baton;
using namespace baton::bench;

constexpr std::size_t kMostLeases = 8;

// A journal, and the thread that its answers come to.
class Worker {
 public:
  explicit Worker(const std::string& url) {
    Result<std::unique_ptr<Journal>> journal = open_postgres_journal(
        url, {}, [this](std::function<void()> task) { loop_.post(std::move(task)); });
    if (!journal) stop(journal.error());
    journal_ = std::move(*journal);
  }
  ~Worker() {
    leases_.clear();
    journal_.reset();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Journal& journal() { return *journal_; }

  void submit(int runs) {
    int open = runs;
    const std::int64_t now = Clock::now().time_since_epoch().count();
    for (int i = 0; i < runs; ++i) {
      const RunId run = fmt::format("q-{}-{}", now, i);
      journal_->fleet()->submit(run, {RunCreated{.run = run}}, {}, {}, [&](const Status& status) {
        if (!status) stop(status.error());
        --open;
      });
    }
    loop_.run_while([&] { return open > 0; });
  }

  // Until the time is over or nothing waits. How many it got.
  int claim_until(Clock::time_point end) {
    int claims = 0;
    bool more = true;
    while (more && Clock::now() < end) {
      std::optional<Result<std::optional<ClaimedRun>>> answer;
      journal_->fleet()->claim({""}, 3, [&](auto claimed) { answer = std::move(claimed); });
      loop_.run_while([&] { return !answer; });
      if (!*answer) stop(answer->error());
      more = (*answer)->has_value();
      if (!more) break;
      ++claims;
      leases_.push_back(std::move((**answer)->lease));
      if (leases_.size() > kMostLeases) leases_.pop_front();
    }
    return claims;
  }

  // A run of its own, created and leased.
  void drive(const RunId& run) {
    bool created = false;
    journal_->append(run, {RunCreated{.run = run}}, {}, [&](const Status& status) {
      if (!status) stop(status.error());
      created = true;
    });
    loop_.run_while([&] { return !created; });
    Result<std::unique_ptr<RunLease>> lease = journal_->lease(run);
    if (!lease) stop(lease.error());
    leases_.push_back(std::move(*lease));
  }

  std::int64_t append_until(const RunId& run, Workload workload, int callers,
                            Clock::time_point end) {
    Callers all(*journal_, workload, end);
    all.start(run, callers);
    loop_.run_while([&] { return all.waiting() > 0; });
    return all.appends();
  }

 private:
  TaskLoop loop_;
  std::unique_ptr<Journal> journal_;
  std::deque<std::unique_ptr<RunLease>> leases_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

Workers open_workers(const std::string& url, int count) {
  Workers workers;
  for (int i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(url));
  return workers;
}

// `work` is given a worker and its number, and tells how much it has done.
template <typename Work>
void measure(std::string_view workload, Workers& workers, double seconds, Work work) {
  std::atomic<std::int64_t> done = 0;
  Stopwatch watch;
  const Clock::time_point end = watch.after(seconds);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < workers.size(); ++i)
    threads.emplace_back([&, i] { done += work(*workers[i], i, end); });
  threads.clear();  // joined
  print_rate("baton", workload, static_cast<int>(workers.size()), done, watch);
}

void measure_claims(const std::string& url, int count, double seconds) {
  Workers workers = open_workers(url, count);
  measure("claim", workers, seconds, [](Worker& worker, std::size_t, Clock::time_point end) {
    return worker.claim_until(end);
  });
}

void measure_appends(const std::string& url, std::string_view name, Workload workload, int callers,
                     int count, double seconds) {
  Workers workers = open_workers(url, count);
  const std::int64_t now = Clock::now().time_since_epoch().count();
  const auto run_of = [&](std::size_t i) { return fmt::format("r-{}-{}", now, i); };
  for (std::size_t i = 0; i < workers.size(); ++i) workers[i]->drive(run_of(i));
  measure(name, workers, seconds, [&](Worker& worker, std::size_t i, Clock::time_point end) {
    return worker.append_until(run_of(i), workload, callers, end);
  });
}

int usage() {
  fmt::print(stderr,
             "usage: fleet_bench URL prepare RUNS\n"
             "       fleet_bench URL claim|reserve|reserve-16|call-16|plain-claim|plain-reserve "
             "WORKERS SECONDS\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return usage();
  const std::string url = argv[1];
  const std::string_view what = argv[2];
  const int number = std::atoi(argv[3]);
  if (what == "prepare") {
    Worker(url).submit(number);
    prepare_plain_postgres(url, number);
    return 0;
  }
  if (argc != 5) return usage();
  const double seconds = std::atof(argv[4]);
  if (what == "claim") {
    measure_claims(url, number, seconds);
  } else if (what == "reserve") {
    measure_appends(url, what, Workload::kReserve, 1, number, seconds);
  } else if (what == "reserve-16") {
    measure_appends(url, what, Workload::kReserve, 16, number, seconds);
  } else if (what == "call-16") {
    measure_appends(url, what, Workload::kCall, 16, number, seconds);
  } else if (what == "plain-claim") {
    measure_plain_claims(url, number, seconds);
  } else if (what == "plain-reserve") {
    measure_plain_reserves(url, number, seconds);
  } else {
    return usage();
  }
  return 0;
}
