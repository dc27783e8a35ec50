// PostgresHeartbeat: keeps this process's session alive, tells the others what the provider
// refuses, and learns what they drive. A thread and a connection of its own: whatever else is slow,
// the leases are kept. It listens for work, too.
//
// Where it is told how to reach the thread that drives the runs, it keeps the leases only as long
// as that one answers: a process that hangs loses its runs, as one that has died does.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/fd.h"
#include "store/fleet.h"
#include "store/postgres_leases.h"
#include "store/postgres_link.h"

namespace baton {

class PostgresHeartbeat {
 public:
  // `view` and `work` are called on the heartbeat's thread.
  struct Listener {
    std::function<void(const FleetView&)> view;
    std::function<void()> work;
  };
  // `post` carries work to the thread that drives the runs; one that has not done it after
  // `hung_after` hangs. Zero: that is not looked at.
  struct Watch {
    std::function<void(std::function<void()>)> post;
    Millis hung_after;
  };

  PostgresHeartbeat(PgServer server, PostgresLeases& leases, Millis interval, Listener listener,
                    Watch watch);
  ~PostgresHeartbeat();

  void throttled(const std::string& rate_class, Millis length);  // any thread

 private:
  void work();
  bool hangs();
  Status beat(PgConnection& connection);
  Status tell_holds(PgConnection& connection);
  Status look(PgConnection& connection);
  void wait(std::chrono::steady_clock::time_point until);
  bool is_closing();

  PostgresLeases& leases_;
  const Millis interval_;
  const Listener listener_;
  const Watch watch_;
  // What was posted last: when, and whether it was done. The second is the posted work's, too.
  std::chrono::steady_clock::time_point posted_;
  const std::shared_ptr<std::atomic<bool>> done_ = std::make_shared<std::atomic<bool>>(true);
  Pipe wake_;
  std::mutex mutex_;
  bool closing_ = false;                                                    // guarded by mutex_
  std::map<std::string, std::chrono::steady_clock::time_point> throttled_;  // guarded by mutex_
  int beats_ = 0;
  PgLink link_;
  std::thread thread_;
};

}  // namespace baton
