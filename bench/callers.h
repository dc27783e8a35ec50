// Callers of a journal: each appends, waits until that is durable, and appends again, as a worker's
// call does.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "measure.h"
#include "store/journal.h"

namespace baton::bench {

enum class Workload {
  kEvent,    // an append is one event, of the size that most of a run's have
  kReserve,  // an append is the reservation of a call
  kCall,     // what a driver appends between two answers: the end of one call with its text, and
             // with it the reservation of the next; five events in two appends, the second waited
             // for
};

// Ends the program with the message.
[[noreturn]] void stop(const Error& error);

// The thread that callers live on, as the engine's loop is.
class TaskLoop {
 public:
  void post(std::function<void()> task);
  template <typename Condition>
  void run_while(Condition goes_on) {
    while (goes_on()) run_some();
  }

 private:
  void run_some();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> tasks_;
};

class Callers {
 public:
  Callers(Journal& journal, Workload workload, Clock::time_point end)
      : journal_(journal), workload_(workload), end_(end) {}

  // Lets `callers` append to a run that is there.
  void start(const RunId& run, int callers);
  int waiting() const { return waiting_; }
  std::int64_t appends() const { return appends_; }  // that were waited for
  std::int64_t durable() const { return durable_; }  // events

 private:
  // `ended` is the caller's latest call; 0: it has made none.
  void append(const RunId& run, int ended);
  void append_and_wait(const RunId& run, int number, std::vector<Event> events,
                       std::size_t durable);

  Journal& journal_;
  const Workload workload_;
  const Clock::time_point end_;
  int number_ = 0;
  int waiting_ = 0;
  std::int64_t appends_ = 0;
  std::int64_t durable_ = 0;
};

}  // namespace baton::bench
