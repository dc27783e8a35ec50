#include "store/postgres_fleet.h"

#include <fmt/format.h>

namespace baton {
namespace {

// `$3` names the question: asked again after a lost answer, it is not another's.
constexpr PgStatement kAskPrefix = {
    "ask_prefix",
    "INSERT INTO baton.prefixes AS p (scope, prefix, writer, gate_until, readable_until) VALUES "
    "($1, "
    "$2, $3, clock_timestamp() + $4::bigint * interval '1 millisecond', '-infinity') ON CONFLICT "
    "(scope, prefix) DO UPDATE SET writer = excluded.writer, gate_until = excluded.gate_until "
    "WHERE "
    "p.readable_until <= clock_timestamp() AND (p.gate_until <= clock_timestamp() OR p.writer = "
    "excluded.writer) RETURNING prefix"};

constexpr PgStatement kReadable = {
    "prefix_readable",
    "SELECT greatest(0, (extract(epoch FROM readable_until - clock_timestamp()) * "
    "1000))::bigint::text FROM baton.prefixes WHERE scope = $1 AND prefix = $2 AND readable_until "
    "> "
    "clock_timestamp()"};

constexpr PgStatement kWritten = {
    "prefix_written",
    "INSERT INTO baton.prefixes AS p (scope, prefix, writer, gate_until, readable_until) VALUES "
    "($1, "
    "$2, '', clock_timestamp(), clock_timestamp() + $3::bigint * interval '1 millisecond') ON "
    "CONFLICT (scope, prefix) DO UPDATE SET gate_until = excluded.gate_until, readable_until = "
    "greatest(p.readable_until, excluded.readable_until)"};

class PostgresLease : public RunLease {
 public:
  PostgresLease(std::shared_ptr<PostgresDoor> door, RunId run, const Fence& fence)
      : door_(std::move(door)), run_(std::move(run)), fence_(fence) {}
  ~PostgresLease() override { door_->release(run_, fence_); }

 private:
  std::shared_ptr<PostgresDoor> door_;
  RunId run_;
  Fence fence_;
};

}  // namespace

void PostgresDoor::close() {
  const std::lock_guard lock(mutex_);
  desk_ = nullptr;
}

void PostgresDoor::drive(const RunId& run, const Fence& fence) {
  const std::lock_guard lock(mutex_);
  if (desk_ != nullptr) leases_->drive(run, fence);
}

// In turn with what else is asked of the desk: whoever takes the lease after this finds it free.
void PostgresDoor::release(const RunId& run, const Fence& fence) {
  const std::lock_guard lock(mutex_);
  if (desk_ == nullptr) return;
  desk_->push([leases = leases_, run, fence](PgConnection& connection, bool) {
    return leases->release(connection, run, fence);
  });
}

void PostgresDoor::announce_work() {
  const std::lock_guard lock(mutex_);
  if (desk_ != nullptr) desk_->announce_work();
}

std::unique_ptr<RunLease> hold_run(std::shared_ptr<PostgresDoor> door, const RunId& run,
                                   const Fence& fence) {
  return std::make_unique<PostgresLease>(std::move(door), run, fence);
}

PostgresFleet::PostgresFleet(PgServer server, Heartbeats heartbeats, PostgresLeases& leases,
                             PostgresDesk& desk, std::shared_ptr<PostgresDoor> door,
                             Journaling journaling)
    : server_(std::move(server)),
      heartbeats_(heartbeats),
      leases_(leases),
      desk_(desk),
      door_(std::move(door)),
      claims_(std::make_shared<PostgresClaims>(leases)),
      journaling_(std::move(journaling)) {}

PostgresFleet::~PostgresFleet() = default;

void PostgresFleet::start_heartbeat() {
  const std::lock_guard lock(mutex_);
  if (heartbeat_) return;
  const auto tell_view = [post = journaling_.post, listeners = listeners_](const FleetView& view) {
    post([listeners, view] {
      std::unique_lock guard(listeners->mutex);
      const auto listener = listeners->on_view;
      guard.unlock();
      if (listener) listener(view);
    });
  };
  const auto tell_work = [post = journaling_.post, listeners = listeners_] {
    post([listeners] {
      std::unique_lock guard(listeners->mutex);
      const auto listener = listeners->on_work;
      guard.unlock();
      if (listener) listener();
    });
  };
  heartbeat_ = std::make_unique<PostgresHeartbeat>(
      server_, leases_, heartbeats_.interval, PostgresHeartbeat::Listener{tell_view, tell_work},
      PostgresHeartbeat::Watch{journaling_.post, heartbeats_.hung_after});
}

void PostgresFleet::submit(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
                           QueueTerms terms, std::function<void(Status)> done) {
  const bool is_new = !events.empty() && std::holds_alternative<RunCreated>(events.front());
  if (!is_new) {
    return journaling_.post([run, done = std::move(done)] {
      done(input_error(
          fmt::format("run {} cannot be submitted: its first event is not its creation", run)));
    });
  }
  auto answer = [door = door_, done = std::move(done)](const Status& status) {
    if (status) door->announce_work();
    done(status);
  };
  journaling_.append({run,
                      std::move(events),
                      std::move(blobs),
                      std::move(answer),
                      {},
                      {},
                      std::move(terms.place)});
}

void PostgresFleet::requeue(const RunId& run, std::function<void(Status)> done) {
  desk_.push([run](PgConnection& connection, bool) { return requeue_run(connection, run); },
             [desk = &desk_, post = journaling_.post, done = std::move(done)](Status status) {
               if (status) desk->announce_work();
               post([done, status = std::move(status)] { done(status); });
             });
}

void PostgresFleet::claim(const std::vector<std::string>& places, int most_deaths,
                          std::function<void(Result<std::optional<ClaimedRun>>)> done) {
  start_heartbeat();
  auto found = std::make_shared<std::optional<PgClaim>>();
  auto job = [leases = &leases_, claims = claims_, places, most_deaths, found](
                 PgConnection& connection, bool again) -> Status {
    Result<std::optional<PgClaim>> claim = claims->claim(connection, places, most_deaths, again);
    if (!claim) return claim.error();
    *found = std::move(*claim);
    if (*found) leases->hold((*found)->run, (*found)->fence);
    return {};
  };
  auto end = [door = door_, post = journaling_.post, found,
              done = std::move(done)](const Status& status) {
    // Copied with the task that carries it: the lease is in one place, whichever copy is called.
    auto claimed = std::make_shared<Result<std::optional<ClaimedRun>>>(std::optional<ClaimedRun>());
    if (!status) {
      *claimed = Result<std::optional<ClaimedRun>>(status.error());
    } else if (*found) {
      const PgClaim& claim = **found;
      **claimed = ClaimedRun{claim.run, hold_run(door, claim.run, claim.fence), claim.deaths};
    }
    post([door, found, done, claimed] {
      // What an earlier driver of the run here, whose lease has lapsed, has decided until now is
      // refused; it may not know of that yet.
      if (*claimed && *found) door->drive((*found)->run, (*found)->fence);
      done(std::move(*claimed));
    });
  };
  desk_.push(std::move(job), std::move(end));
}

void PostgresFleet::on_work(std::function<void()> notice) {
  {
    const std::lock_guard lock(listeners_->mutex);
    listeners_->on_work = std::move(notice);
  }
  start_heartbeat();
}

Result<std::vector<QueuedRun>> PostgresFleet::queue() {
  std::vector<QueuedRun> queue;
  const Status read = journaling_.read([&](PgConnection& connection) -> Status {
    Result<std::vector<QueuedRun>> rows = read_queue(connection);
    if (!rows) return rows.error();
    queue = std::move(*rows);
    return {};
  });
  if (!read) return read.error();
  return queue;
}

Result<std::vector<WorkerSeen>> PostgresFleet::workers() {
  std::vector<WorkerSeen> workers;
  const Status read = journaling_.read([&](PgConnection& connection) -> Status {
    Result<std::vector<WorkerSeen>> rows = read_workers(connection);
    if (!rows) return rows.error();
    workers = std::move(*rows);
    return {};
  });
  if (!read) return read.error();
  return workers;
}

void PostgresFleet::ask_prefix(const std::string& prefix, Millis longest_gate,
                               std::function<void(Result<PrefixAnswer>)> done) {
  auto answer = std::make_shared<PrefixAnswer>();
  const std::string question = fmt::format("{}/{}", leases_.terms().worker, ++asked_);
  auto job = [scope = leases_.terms().scope, prefix = pg_key(prefix), question, longest_gate,
              answer](PgConnection& connection, bool) -> Status {
    connection.send(kAskPrefix, scope, prefix, question, longest_gate.count());
    connection.send(kReadable, scope, prefix);
    const Result<std::vector<PgRows>> rows = connection.sync();
    if (!rows) return rows.error();
    answer->mine = (*rows)[0].count() > 0;
    const PgRows& readable = (*rows)[1];
    if (readable.count() > 0) answer->readable_for = Millis(readable.integer(0, 0));
    return {};
  };
  desk_.push(std::move(job), [post = journaling_.post, answer,
                              done = std::move(done)](const Status& status) {
    post([done, answer, status] {
      done(status ? Result<PrefixAnswer>(*answer) : Result<PrefixAnswer>(status.error()));
    });
  });
}

void PostgresFleet::prefix_written(const std::string& prefix, Millis readable_for) {
  desk_.push([scope = leases_.terms().scope, prefix = pg_key(prefix), readable_for](
                 PgConnection& connection, bool) {
    const Result<PgRows> told = connection.run(kWritten, scope, prefix, readable_for.count());
    return told ? Status() : Status(told.error());
  });
}

void PostgresFleet::on_view(std::function<void(const FleetView&)> view) {
  {
    const std::lock_guard lock(listeners_->mutex);
    listeners_->on_view = std::move(view);
  }
  start_heartbeat();
}

void PostgresFleet::throttled(const std::string& rate_class, Millis length) {
  start_heartbeat();
  const std::lock_guard lock(mutex_);
  heartbeat_->throttled(rate_class, length);
}

}  // namespace baton
