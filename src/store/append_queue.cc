#include "store/append_queue.h"

#include <fmt/format.h>
#include <signal.h>

namespace baton {
namespace {

// Signals are for the threads that wait for them; this one must not be taken out of a write.
std::thread start_without_signals(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

Error not_journaled(const Append& append, const Error& cause) {
  const bool new_run =
      !append.events.empty() && std::holds_alternative<RunCreated>(append.events.front());
  const std::string next =
      new_run ? "nothing was started: start the run again once that is put right"
              : fmt::format(
                    "nothing was sent that is not in the journal: `baton resume {}` goes on "
                    "once that is put right",
                    append.run);
  return Error{cause.kind, fmt::format("run {}: {} new events could not be journaled: {}; {}",
                                       append.run, append.events.size(), cause.message, next)};
}

}  // namespace

AppendQueue::AppendQueue(Commit commit, Post post)
    : commit_(std::move(commit)), post_(std::move(post)) {
  thread_ = start_without_signals([this] { work(); });
}

AppendQueue::~AppendQueue() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void AppendQueue::push(Append append) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = waiting_.empty();
    waiting_.push_back(std::move(append));
  }
  if (was_empty) wake_.notify_one();
}

void AppendQueue::work() {
  for (;;) {
    std::vector<Append> group;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    finish(std::move(group));
  }
}

void AppendQueue::finish(std::vector<Append> group) {
  if (!failed_) {
    if (const Status committed = commit_(group); !committed) failed_ = committed.error();
  }
  std::vector<std::pair<std::function<void(Status)>, Status>> answers;
  answers.reserve(group.size());
  for (Append& append : group) {
    if (failed_) append.outcome = not_journaled(append, *failed_);
    answers.emplace_back(std::move(append.done), std::move(append.outcome));
  }
  post_([answers = std::move(answers)] {
    for (const auto& [done, outcome] : answers) done(outcome);
  });
}

}  // namespace baton
