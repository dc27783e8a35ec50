#include "store/postgres_desk.h"

#include <signal.h>

#include <future>

namespace baton {
namespace {

// Each NOTIFY takes a lock that all of them share: one in every commit would halve what the server
// can do.
constexpr std::chrono::milliseconds kBetweenNotices(100);
constexpr PgStatement kNotify = {"notify_work", "NOTIFY baton_work"};

}  // namespace

std::thread start_without_signals(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

PostgresDesk::PostgresDesk(PgServer server) : link_(std::move(server), {.purpose = "desk"}) {
  thread_ = start_without_signals([this] { work(); });
}

PostgresDesk::~PostgresDesk() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  link_.set_patient(false);
  wake_.notify_one();
  thread_.join();
}

void PostgresDesk::push(Job job, std::function<void(Status)> end) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(job), std::move(end)});
  }
  wake_.notify_one();
}

Status PostgresDesk::run(Job job) {
  std::promise<Status> answer;
  push(std::move(job), [&](Status status) { answer.set_value(std::move(status)); });
  return answer.get_future().get();
}

void PostgresDesk::announce_work() {
  {
    const std::lock_guard lock(mutex_);
    to_announce_ = true;
  }
  wake_.notify_one();
}

void PostgresDesk::work() {
  for (;;) {
    std::optional<Task> task;
    {
      std::unique_lock lock(mutex_);
      const auto is_due = [this] {
        return to_announce_ && std::chrono::steady_clock::now() - announced_ >= kBetweenNotices;
      };
      while (tasks_.empty() && !closing_ && !is_due()) {
        if (to_announce_) {
          wake_.wait_until(lock, announced_ + kBetweenNotices);
        } else {
          wake_.wait(lock);
        }
      }
      if (to_announce_ && (is_due() || closing_)) {
        to_announce_ = false;
        lock.unlock();
        announce();
        continue;
      }
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    bool again = std::exchange(unsure_, false);
    Status done = link_.with([&](PgConnection& connection) {
      return task->job(connection, std::exchange(again, true));
    });
    unsure_ = !done.ok();
    task->end(std::move(done));
  }
}

// Best effort: a notice that is lost is made up for by whoever asks now and then.
void PostgresDesk::announce() {
  announced_ = std::chrono::steady_clock::now();
  (void)link_.with([](PgConnection& connection) {
    const Result<PgRows> told = connection.run(kNotify);
    return told ? Status() : Status(told.error());
  });
}

}  // namespace baton
