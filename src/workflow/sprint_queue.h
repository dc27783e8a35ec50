// SprintQueue: which job of a sprint starts next. So many at a time, until the time is up, and
// never more promised than the budget: what ended jobs have spent and what running ones may still
// spend together stay within it.
//
//   while (start = queue.next(now)) …start it, or note that it was skipped…
//   queue.ended(job, spent)       and again
//
// The order: jobs that have begun in an earlier sitting, then by priority, then as they were given.
// None overtakes: what a small job took would be missing to the one that waits. A cap that does not
// fit waits while anything runs, is lowered to what is left if that is still of use, or the job is
// skipped.
//
// Pure: the time comes with each question.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "base/money.h"
#include "base/time.h"

namespace baton {

// The least part of the cap it asked for that a job is still begun with.
constexpr int kLeastPartOfCap = 4;  // a quarter

struct QueuedJob {
  enum class State { kWaiting, kBegun, kRunning, kEnded };

  State state = State::kWaiting;  // kBegun: it has a cap already, which is not lowered
  int priority = 0;               // the higher goes first
  Money cap;                      // the most it may cost, of all sittings; zero: it costs nothing
  Money spent;                    // so far
};

struct SprintLimits {
  int parallel = 1;
  Money budget;
  std::optional<Instant> until{};  // from then on nothing starts
};

struct JobStart {
  std::size_t job = 0;
  Money cap;
  bool operator==(const JobStart&) const = default;
};
struct JobSkip {  // the budget has too little left for it
  std::size_t job = 0;
  Money left;
  bool operator==(const JobSkip&) const = default;
};
struct NothingNow {
  bool operator==(const NothingNow&) const = default;
};
using JobMove = std::variant<NothingNow, JobStart, JobSkip>;

class SprintQueue {
 public:
  SprintQueue(SprintLimits limits, std::vector<QueuedJob> jobs);

  // The next decision; what it starts runs from now on. NothingNow: until the next end, or for
  // good.
  JobMove next(Instant now);
  // Requires: the job runs. A bill is a fact: it counts in full, even above the cap.
  void ended(std::size_t job, Money spent);
  // Nothing is started any more.
  void close() { closed_ = true; }

  int running() const { return running_; }
  bool closed() const { return closed_; }
  // Nothing runs, and nothing will.
  bool over() const { return running_ == 0 && (closed_ || order_.empty()); }
  // What is spent or may still be, never above the budget unless a bill was above its cap.
  Money promised() const { return promised_; }

 private:
  SprintLimits limits_;
  std::vector<QueuedJob> jobs_;
  std::vector<std::size_t> order_;  // of what is still to start, the next one last
  int running_ = 0;
  Money promised_;
  bool closed_ = false;
};

}  // namespace baton
