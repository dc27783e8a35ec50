// PostgresHeartbeat: keeps this process's session alive, tells the others what the provider
// refuses, and learns what they drive. A thread and a connection of its own: whatever else is slow,
// the leases are kept. It listens for work, too.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
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

  PostgresHeartbeat(PgServer server, PostgresLeases& leases, Millis interval, Listener listener);
  ~PostgresHeartbeat();

  void throttled(const std::string& rate_class, Millis length);  // any thread

 private:
  void work();
  Status beat(PgConnection& connection);
  Status tell_holds(PgConnection& connection);
  Status look(PgConnection& connection);
  void wait(std::chrono::steady_clock::time_point until);
  bool is_closing();

  PostgresLeases& leases_;
  const Millis interval_;
  const Listener listener_;
  Pipe wake_;
  std::mutex mutex_;
  bool closing_ = false;                                                    // guarded by mutex_
  std::map<std::string, std::chrono::steady_clock::time_point> throttled_;  // guarded by mutex_
  int beats_ = 0;
  PgLink link_;
  std::thread thread_;
};

}  // namespace baton
