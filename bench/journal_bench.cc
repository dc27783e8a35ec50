// How many events a second become durable, by the number of callers.
//
//   journal_bench [FOLDER] [SECONDS]
//
// Each caller appends one event and waits until it is durable before the next, as a worker's call
// does. The callers share one run, as the workers of a review do, or have one each, as in a server.
// FOLDER (made, and removed at the end; default: ./journal-bench) chooses the disk.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "store/sqlite_journal.h"

namespace {

using namespace baton;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "journal_bench: {}\n", error.message);
  std::exit(1);
}

// Of the size that most events of a run have.
Event event_of(int number) {
  return CallEnded{.at = Instant::from_unix_ms(1'795'197'891'250 + number),
                   .call = CallId(number),
                   .charge = Money::pico(1'234'567'000),
                   .usage = {.input = Tokens(1'200), .output = Tokens(340)},
                   .verdict = Verdict::kAccepted,
                   .answer = std::string(64, 'a'),
                   .request_id = "req_0123456789abcdefghijklmn"};
}

// The thread the callers live on, as the engine's loop is.
class TaskLoop {
 public:
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }
  template <typename Condition>
  void run_while(Condition goes_on) {
    while (goes_on()) {
      std::vector<std::function<void()>> ready;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !tasks_.empty(); });
        ready.swap(tasks_);
      }
      for (const auto& task : ready) task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> tasks_;
};

class Callers {
 public:
  Callers(Journal& journal, Clock::time_point end) : journal_(journal), end_(end) {}

  // Creates the run, then lets `callers` append to it.
  void start(const RunId& run, int callers) {
    waiting_ += callers;
    journal_.append(run, {RunCreated{.run = run}}, {}, [this, run, callers](const Status& status) {
      if (!status) stop(status.error());
      for (int i = 0; i < callers; ++i) append(run, i);
    });
  }
  int waiting() const { return waiting_; }
  int durable() const { return durable_; }

 private:
  void append(const RunId& run, int number) {
    journal_.append(run, {event_of(number)}, {}, [this, run, number](const Status& status) {
      if (!status) stop(status.error());
      ++durable_;
      if (Clock::now() < end_) return append(run, number + 1);
      --waiting_;
    });
  }

  Journal& journal_;
  const Clock::time_point end_;
  int waiting_ = 0;
  int durable_ = 0;
};

void measure(const std::filesystem::path& folder, int callers, int runs, double seconds) {
  std::filesystem::remove_all(folder);
  TaskLoop loop;
  Result<std::unique_ptr<Journal>> journal = open_sqlite_journal(
      folder, [&loop](std::function<void()> task) { loop.post(std::move(task)); });
  if (!journal) stop(journal.error());

  const double cpu_before = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  Callers all(**journal, begin + std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(seconds)));
  for (int i = 0; i < runs; ++i) all.start(fmt::format("r-{}", i), callers / runs);
  loop.run_while([&all] { return all.waiting() > 0; });
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = cpu_seconds() - cpu_before;

  fmt::print("{:>7}  {:>4}  {:>8}  {:>8.0f}  {:>12.1f}\n", callers, runs, all.durable(),
             all.durable() / wall, cpu * 1e6 / all.durable());
  journal->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "journal-bench";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3.0;
  fmt::print("callers  runs    events  events/s  CPU us/event\n");
  for (const int callers : {1, 16, 64}) measure(folder, callers, /*runs=*/1, seconds);
  for (const int callers : {16, 64}) measure(folder, callers, /*runs=*/callers, seconds);
}
