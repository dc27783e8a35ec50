// How many events a second become durable on SQLite, by the number of callers; beside it, what a
// program does that has no journal of its own: one transaction an event.
//
//   journal_bench FOLDER SECONDS
//
// Each caller waits until what it appended is durable before it appends again, as a worker's call
// does: the appends of those that wait together share a commit.
//   event  an append is one event. The callers share one run, as the workers of a review do, or
//          have one each, as the runs of a fleet's worker
//   call   what a driver appends between two answers: the end of one call with its text, and with
//          it the reservation of the next; five events in two appends, the second waited for
// FOLDER (made, and removed at the end) chooses the disk. Prints an object of JSON a measurement.
#include <fmt/format.h>

#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <vector>

#include "measure.h"
#include "plain_sqlite.h"
#include "store/sqlite_journal.h"

namespace {

using namespace baton;
using namespace baton::bench;

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "journal_bench: {}\n", error.message);
  std::exit(1);
}

Instant at(int number) {
  return Instant::from_unix_ms(1'795'197'891'250 + number);
}

// Of the size that most events of a run have.
Event call_ended(int number, const BlobId& answer) {
  return CallEnded{.at = at(number),
                   .call = CallId(number),
                   .charge = Money::pico(1'234'567'000),
                   .usage = {.input = Tokens(1'200), .output = Tokens(340)},
                   .verdict = Verdict::kAccepted,
                   .answer = answer,
                   .request_id = "req_0123456789abcdefghijklmn"};
}

// No two answers are the same, and each is of the length of one finding.
Blob answer_of(int number) {
  return make_blob(fmt::format(
      R"({{"findings":[{{"file":"src/part_{:04}.cc","line":{},"severity":"low","title":"A name that says nothing","detail":"`sum_{}` adds a constant: say which, and why it is added here and not where it is read."}}]}})",
      number % 1009, number, number));
}

std::vector<Event> end_of_call(int number, const Blob& answer) {
  return {call_ended(number, answer.id), TaskFinished{at(number), TaskId(number), answer.id},
          AttemptStarted{at(number), TaskId(number + 1), 1, Tier::kFast, "claude-haiku-4-5",
                         Tokens(4'000), ""}};
}

std::vector<Event> next_reservation(int number) {
  return {CallPrepared{.at = at(number),
                       .task = TaskId(number + 1),
                       .content_key = std::string(64, 'c'),
                       .input_bound = Tokens(3'204),
                       .input_estimate = Tokens(801)},
          CallReserved{at(number), CallId(number + 1), TaskId(number + 1), "claude-haiku-4-5",
                       Tokens(4'000), Money::pico(23'204'000'000), "2025-10-15"}};
}

enum class Workload { kEvent, kCall };

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
  Callers(Journal& journal, Workload workload, Clock::time_point end)
      : journal_(journal), workload_(workload), end_(end) {}

  // Creates the run, then lets `callers` append to it.
  void start(const RunId& run, int callers) {
    waiting_ += callers;
    journal_.append(run, {RunCreated{.run = run}}, {}, [this, run, callers](const Status& status) {
      if (!status) stop(status.error());
      for (int i = 0; i < callers; ++i) append(run);
    });
  }
  int waiting() const { return waiting_; }
  std::int64_t durable() const { return durable_; }

 private:
  void append(const RunId& run) {
    const int number = ++number_;
    if (workload_ == Workload::kEvent)
      return append_and_wait(run, {call_ended(number, BlobId(64, 'a'))}, 1);
    Blob answer = answer_of(number);
    std::vector<Event> ended = end_of_call(number, answer);
    std::vector<Event> reserved = next_reservation(number);
    const std::size_t events = ended.size() + reserved.size();
    std::vector<Blob> texts;
    texts.push_back(std::move(answer));
    journal_.append(run, std::move(ended), std::move(texts), [](const Status& status) {
      if (!status) stop(status.error());
    });
    append_and_wait(run, std::move(reserved), events);
  }
  void append_and_wait(const RunId& run, std::vector<Event> events, std::size_t durable) {
    journal_.append(run, std::move(events), {}, [this, run, durable](const Status& status) {
      if (!status) stop(status.error());
      durable_ += static_cast<std::int64_t>(durable);
      if (Clock::now() < end_) return append(run);
      --waiting_;
    });
  }

  Journal& journal_;
  const Workload workload_;
  const Clock::time_point end_;
  int number_ = 0;
  int waiting_ = 0;
  std::int64_t durable_ = 0;
};

void measure(const std::filesystem::path& folder, Workload workload, int callers, int runs,
             double seconds) {
  std::filesystem::remove_all(folder);
  TaskLoop loop;
  Result<std::unique_ptr<Journal>> journal = open_sqlite_journal(
      folder, [&loop](std::function<void()> task) { loop.post(std::move(task)); });
  if (!journal) stop(journal.error());

  Stopwatch watch;
  Callers all(**journal, workload, watch.after(seconds));
  for (int i = 0; i < runs; ++i) all.start(fmt::format("r-{}", i), callers / runs);
  loop.run_while([&all] { return all.waiting() > 0; });
  const char* name = workload == Workload::kCall ? "call" : runs > 1 ? "event, own runs" : "event";
  print_rate("baton", name, callers, all.durable(), watch);
  journal->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: journal_bench FOLDER SECONDS\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const double seconds = std::atof(argv[2]);
  for (const int callers : {1, 16, 64}) {
    measure(folder, Workload::kEvent, callers, /*runs=*/1, seconds);
    measure(folder, Workload::kEvent, callers, /*runs=*/callers, seconds);
    measure(folder, Workload::kCall, callers, /*runs=*/1, seconds);
    measure_plain_sqlite(folder, PlainMode::kAsItComes, callers, seconds);
    measure_plain_sqlite(folder, PlainMode::kWal, callers, seconds);
  }
  return 0;
}
