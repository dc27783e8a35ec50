#include "store/postgres_leases.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace baton {
namespace {

constexpr PgStatement kBegin = {
    "begin_session",
    "INSERT INTO baton.sessions (worker, scope, heard, until) VALUES ($1, $2, clock_timestamp(), "
    "clock_timestamp() + $3::bigint * interval '1 millisecond') RETURNING session::text"};

// Moves the end on; a session that has lapsed stays so.
constexpr PgStatement kBeat = {
    "beat",
    "UPDATE baton.sessions SET heard = clock_timestamp(), "
    "until = clock_timestamp() + $2::bigint * interval '1 millisecond' "
    "WHERE session = $1::bigint AND until > clock_timestamp() RETURNING session::text"};

constexpr PgStatement kTake = {
    "take_lease",
    "INSERT INTO baton.leases AS l (run, session, fence, released, worker) "
    "SELECT $1, s.session, nextval('baton.fences'), false, s.worker FROM baton.sessions s "
    "WHERE s.session = $2::bigint AND s.until > clock_timestamp() "
    "ON CONFLICT (run) DO UPDATE SET session = excluded.session, fence = excluded.fence, "
    "released = false, worker = excluded.worker "
    "WHERE l.released OR NOT EXISTS (SELECT FROM baton.sessions o WHERE o.session = l.session AND "
    "o.until > clock_timestamp()) RETURNING fence::text"};

constexpr PgStatement kHolder = {"lease_holder", "SELECT worker FROM baton.leases WHERE run = $1"};

constexpr PgStatement kLives = {
    "session_lives",
    "SELECT session::text FROM baton.sessions WHERE session = $1::bigint AND until > "
    "clock_timestamp()"};

constexpr PgStatement kRelease = {
    "release_lease",
    "UPDATE baton.leases l SET released = true FROM baton.sessions s WHERE l.run = $1 AND "
    "l.fence = $2::bigint AND s.session = l.session AND s.until > clock_timestamp()"};

// Its place in the queue comes back without a death: nobody has driven it.
constexpr PgStatement kDropUnknown = {
    "drop_unknown_leases",
    "WITH dropped AS (UPDATE baton.leases SET released = true WHERE session = $1::bigint AND NOT "
    "released AND run <> ALL ($2::text[]) RETURNING run) "
    "UPDATE baton.queue q SET state = 'waiting' FROM dropped d WHERE q.run = d.run AND q.state = "
    "'driven'"};

// Of a session that lives: what has lapsed stays lapsed.
constexpr PgStatement kEnd = {
    "end_session",
    "WITH ended AS (DELETE FROM baton.sessions WHERE session = $1::bigint AND until > "
    "clock_timestamp() RETURNING session) "
    "UPDATE baton.leases l SET released = true FROM ended e WHERE l.session = e.session AND NOT "
    "l.released"};

// A process of this machine is known by its number, as where the store is a folder.
std::string shown_worker(std::string_view worker) {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  const std::string here = fmt::format("{}/", host);
  const std::string_view rest =
      worker.substr(0, here.size()) == here ? worker.substr(here.size()) : std::string_view();
  const bool is_pid =
      !rest.empty() && rest.find_first_not_of("0123456789") == std::string_view::npos;
  return is_pid ? fmt::format("process {}", rest) : for_terminal(worker);
}

}  // namespace

Result<std::int64_t> PostgresLeases::living_session(PgConnection& connection) {
  if (const auto current = current_session()) {
    const Result<PgRows> lives = connection.run(kLives, *current);
    if (!lives) return lives.error();
    if (lives->count() > 0) return *current;
  }
  const Result<PgRows> begun =
      connection.run(kBegin, terms_.worker, terms_.scope, terms_.length.count());
  if (!begun) return begun.error();
  const std::lock_guard lock(mutex_);
  session_ = begun->integer(0, 0);
  return *session_;
}

Result<Fence> PostgresLeases::take(PgConnection& connection, const RunId& run, bool again) {
  if (again) {
    if (Status dropped = drop_unknown(connection); !dropped) return dropped.error();
  }
  const Result<std::int64_t> mine = living_session(connection);
  if (!mine) return mine.error();
  const Result<PgRows> taken = connection.run(kTake, run, *mine);
  if (!taken) return taken.error();
  if (taken->count() > 0) return Fence{*mine, taken->integer(0, 0)};

  const Result<PgRows> holder = connection.run(kHolder, run);
  if (!holder) return holder.error();
  return busy(run, holder->count() > 0 ? holder->text(0, 0) : "another process");
}

Error PostgresLeases::busy(const RunId& run, std::string_view worker) const {
  return {ErrorKind::kBusy, fmt::format("run {} is being driven by {}: wait for it or stop it", run,
                                        shown_worker(worker))};
}

Status PostgresLeases::drop_unknown(PgConnection& connection) {
  std::vector<std::string> known;
  std::optional<std::int64_t> mine;
  {
    const std::lock_guard lock(mutex_);
    mine = session_;
    for (const auto& [run, fence] : held_) {
      if (fence.session == mine) known.push_back(run);
    }
  }
  if (!mine) return {};
  const Result<PgRows> dropped = connection.run(kDropUnknown, *mine, pg_array(known));
  return dropped ? Status() : Status(dropped.error());
}

Status PostgresLeases::release(PgConnection& connection, const RunId& run, const Fence& fence) {
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(run);
    if (held != held_.end() && held->second == fence) held_.erase(held);
  }
  const Result<PgRows> released = connection.run(kRelease, run, fence.number);
  return released ? Status() : Status(released.error());
}

Result<Pulse> PostgresLeases::beat(PgConnection& connection) {
  const auto mine = current_session();
  if (!mine) return Pulse::kNone;
  const Result<PgRows> alive = connection.run(kBeat, *mine, terms_.length.count());
  if (!alive) return alive.error();
  if (alive->count() > 0) return Pulse::kAlive;
  forget_session(*mine);
  return Pulse::kLapsed;
}

Status PostgresLeases::end(PgConnection& connection) {
  const auto mine = current_session();
  if (!mine) return {};
  const Result<PgRows> ended = connection.run(kEnd, *mine);
  return ended ? Status() : Status(ended.error());
}

void PostgresLeases::hold(const RunId& run, const Fence& fence) {
  const std::lock_guard lock(mutex_);
  held_[run] = fence;
}

void PostgresLeases::drive(const RunId& run, const Fence& fence) {
  const std::lock_guard lock(mutex_);
  fences_[run] = fence.number;
}

std::optional<std::int64_t> PostgresLeases::fence_of(const RunId& run) const {
  const std::lock_guard lock(mutex_);
  const auto found = fences_.find(run);
  return found == fences_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> PostgresLeases::current_session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

void PostgresLeases::forget_session(std::int64_t session) {
  const std::lock_guard lock(mutex_);
  if (session_ == session) session_.reset();
}

}  // namespace baton
