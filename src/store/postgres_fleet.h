// The fleet's part of the shared store: its queue, its prefixes, its workers.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "store/append_queue.h"
#include "store/fleet.h"
#include "store/postgres_claim.h"
#include "store/postgres_desk.h"
#include "store/postgres_heartbeat.h"
#include "store/postgres_leases.h"

namespace baton {

// How leases and the desk are reached by what may outlive the journal.
class PostgresDoor {
 public:
  PostgresDoor(PostgresDesk& desk, PostgresLeases& leases) : desk_(&desk), leases_(&leases) {}
  // From here on there is nobody behind it. What was held has been let go of with the journal.
  void close();
  void drive(const RunId& run, const Fence& fence);
  void release(const RunId& run, const Fence& fence);
  void announce_work();

 private:
  std::mutex mutex_;
  PostgresDesk* desk_;  // guarded by mutex_; null: closed
  PostgresLeases* leases_;
};

// The lease as its holder has it: its end lets go of the run.
std::unique_ptr<RunLease> hold_run(std::shared_ptr<PostgresDoor> door, const RunId& run,
                                   const Fence& fence);

class PostgresFleet : public Fleet {
 public:
  // `append` puts an append into the journal's queue; `read` reads with the journal's connection.
  struct Journaling {
    std::function<void(Append)> append;
    std::function<Status(const std::function<Status(PgConnection&)>&)> read;
    AppendQueue::Post post;
  };
  struct Heartbeats {
    Millis interval;
    Millis hung_after;
  };
  PostgresFleet(PgServer server, Heartbeats heartbeats, PostgresLeases& leases, PostgresDesk& desk,
                std::shared_ptr<PostgresDoor> door, Journaling journaling);
  ~PostgresFleet() override;

  void submit(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
              QueueTerms terms, std::function<void(Status)> done) override;
  void requeue(const RunId& run, std::function<void(Status)> done) override;
  void claim(const std::vector<std::string>& places, int most_deaths,
             std::function<void(Result<std::optional<ClaimedRun>>)> done) override;
  void on_work(std::function<void()> notice) override;
  Result<std::vector<QueuedRun>> queue() override;
  Result<std::vector<WorkerSeen>> workers() override;
  void ask_prefix(const std::string& prefix, Millis longest_gate,
                  std::function<void(Result<PrefixAnswer>)> done) override;
  void prefix_written(const std::string& prefix, Millis readable_for) override;
  void on_view(std::function<void(const FleetView&)> view) override;
  void throttled(const std::string& rate_class, Millis length) override;

  // Any thread. Before the first lease is taken, so that it is kept.
  void start_heartbeat();

 private:
  // Kept by what is posted, which may be called when the journal is gone.
  struct Listeners {
    std::mutex mutex;
    std::function<void()> on_work;                  // guarded by mutex
    std::function<void(const FleetView&)> on_view;  // guarded by mutex
  };

  const PgServer server_;
  const Heartbeats heartbeats_;
  PostgresLeases& leases_;
  PostgresDesk& desk_;
  const std::shared_ptr<PostgresDoor> door_;
  const std::shared_ptr<PostgresClaims> claims_;  // the desk's thread only
  const Journaling journaling_;
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  std::atomic<std::int64_t> asked_ = 0;  // prefixes

  std::mutex mutex_;
  std::unique_ptr<PostgresHeartbeat> heartbeat_;  // guarded by mutex_
};

}  // namespace baton
