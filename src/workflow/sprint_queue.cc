#include "workflow/sprint_queue.h"

#include <algorithm>

#include "base/check.h"

namespace baton {
namespace {

using State = QueuedJob::State;

bool is_to_start(const QueuedJob& job) {
  return job.state == State::kWaiting || job.state == State::kBegun;
}

bool goes_before(const QueuedJob& a, const QueuedJob& b) {
  if (a.state != b.state) return a.state == State::kBegun;
  return a.priority > b.priority;
}

bool is_of_use(Money cap, Money asked) {
  return cap * kLeastPartOfCap >= asked;
}

}  // namespace

SprintQueue::SprintQueue(SprintLimits limits, std::vector<QueuedJob> jobs)
    : limits_(limits), jobs_(std::move(jobs)) {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const QueuedJob& job = jobs_[i];
    const bool runs = job.state == State::kRunning;
    promised_ += runs ? std::max(job.cap, job.spent) : job.spent;
    running_ += runs ? 1 : 0;
    if (is_to_start(job)) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return goes_before(jobs_[a], jobs_[b]);
  });
  std::reverse(order_.begin(), order_.end());
}

JobMove SprintQueue::next(Instant now) {
  if (limits_.until && now >= *limits_.until) close();
  if (closed_ || order_.empty() || running_ >= limits_.parallel) return NothingNow{};
  const std::size_t index = order_.back();
  QueuedJob& job = jobs_[index];
  const Money left = limits_.budget - promised_;
  Money more = std::max(job.cap - job.spent, Money());
  if (more > left && more > Money()) {
    if (running_ > 0) return NothingNow{};
    if (job.state == State::kBegun || left <= Money() || !is_of_use(left, more)) {
      order_.pop_back();
      job.state = State::kEnded;
      return JobSkip{index, std::max(left, Money())};
    }
    more = left;
    job.cap = job.spent + more;
  }
  order_.pop_back();
  job.state = State::kRunning;
  promised_ += more;
  ++running_;
  return JobStart{index, job.cap};
}

void SprintQueue::ended(std::size_t index, Money spent) {
  QueuedJob& job = jobs_[index];
  BATON_CHECK(job.state == State::kRunning);
  promised_ += spent - std::max(job.cap, job.spent);
  job.state = State::kEnded;
  job.spent = spent;
  --running_;
}

}  // namespace baton
