// PostgresDesk: what is asked of the database beside the journal (leases, places in the queue,
// prefixes), done in turn by a thread with a connection of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "store/postgres_link.h"

namespace baton {

// A thread that takes no signals: these are for the threads that wait for them.
std::thread start_without_signals(std::function<void()> work);

class PostgresDesk {
 public:
  // Done again after a failure that passes (`again`): it must know what to make of a first try
  // whose outcome was lost.
  using Job = std::function<Status(PgConnection&, bool again)>;

  explicit PostgresDesk(PgServer server);
  // Does what is queued, without waiting for a server that is away.
  ~PostgresDesk();

  // Any thread. `end` is called on the desk's.
  void push(
      Job job, std::function<void(Status)> end = [](const Status&) {});
  Status run(Job job);  // waits for its end

  // Tells whoever listens that there is work: at once, or a little later if that was just done. Any
  // thread.
  void announce_work();

 private:
  struct Task {
    Job job;
    std::function<void(Status)> end;
  };
  void work();
  void announce();

  PgLink link_;
  bool unsure_ = false;  // what became of the last task; the desk's thread only
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;                           // guarded by mutex_
  bool closing_ = false;                             // guarded by mutex_
  bool to_announce_ = false;                         // guarded by mutex_
  std::chrono::steady_clock::time_point announced_;  // the desk's thread only
  std::thread thread_;
};

}  // namespace baton
