#include "store/postgres_claim.h"

#include <fmt/format.h>

namespace baton {
namespace {

// Whose lease has ended without the run's end: its worker died, or gave it up. What lapsed because
// the server itself was away is nobody's death.
constexpr PgStatement kReap = {
    "reap",
    "UPDATE baton.queue q SET deaths = q.deaths + d.death, state = CASE WHEN q.deaths + d.death >= "
    "$1::integer THEN 'quarantined' ELSE 'waiting' END FROM (SELECT q.run, CASE WHEN s.heard < "
    "pg_postmaster_start_time() THEN 0 ELSE 1 END AS death FROM baton.queue q LEFT JOIN "
    "baton.leases "
    "l ON l.run = q.run LEFT JOIN baton.sessions s ON s.session = l.session WHERE q.state = "
    "'driven' "
    "AND (coalesce(l.released, true) OR coalesce(s.until <= clock_timestamp(), true)) ORDER BY "
    "q.run "
    "FOR UPDATE OF q SKIP LOCKED) d WHERE q.run = d.run"};

// Of each place the first that nobody else is just taking, and of these the oldest. One statement,
// and so one short transaction.
constexpr PgStatement kClaim = {
    "claim",
    "WITH picked AS (SELECT c.run FROM unnest($1::text[]) AS p (place), LATERAL (SELECT q.run, "
    "q.queued FROM baton.queue q WHERE q.state = 'waiting' AND q.place = p.place AND NOT EXISTS "
    "(SELECT FROM baton.leases l JOIN baton.sessions s ON s.session = l.session WHERE l.run = "
    "q.run "
    "AND NOT l.released AND s.until > clock_timestamp()) ORDER BY q.queued, q.run LIMIT 1 FOR "
    "UPDATE "
    "OF q SKIP LOCKED) c ORDER BY c.queued, c.run LIMIT 1), "
    "taken AS (INSERT INTO baton.leases AS l (run, session, fence, released, worker) SELECT p.run, "
    "s.session, nextval('baton.fences'), false, s.worker FROM picked p, baton.sessions s WHERE "
    "s.session = $2::bigint AND s.until > clock_timestamp() ON CONFLICT (run) DO UPDATE SET "
    "session "
    "= excluded.session, fence = excluded.fence, released = false, worker = excluded.worker WHERE "
    "l.released OR NOT EXISTS (SELECT FROM baton.sessions o WHERE o.session = l.session AND "
    "o.until "
    "> clock_timestamp()) RETURNING l.run, l.fence, l.worker) "
    "UPDATE baton.queue q SET state = 'driven', worker = t.worker FROM taken t WHERE q.run = t.run "
    "RETURNING q.run, t.fence::text, q.deaths::text"};

constexpr PgStatement kRequeue = {
    "requeue",
    "WITH known AS (SELECT q.run, q.state, (NOT coalesce(l.released, true) AND coalesce(s.until > "
    "clock_timestamp(), false)) AS live, l.worker FROM baton.queue q LEFT JOIN baton.leases l ON "
    "l.run "
    "= q.run LEFT JOIN baton.sessions s ON s.session = l.session WHERE q.run = $1), "
    "moved AS (UPDATE baton.queue q SET state = 'waiting', deaths = CASE WHEN q.state = "
    "'quarantined' THEN 0 ELSE q.deaths END FROM known k WHERE q.run = k.run AND NOT (q.state = "
    "'driven' AND k.live)) SELECT (state = 'driven' AND live)::text, coalesce(worker, '') FROM "
    "known"};

constexpr PgStatement kQueue = {
    "queue",
    "SELECT q.run, CASE WHEN live.worker IS NOT NULL THEN 'driven' WHEN q.state = 'driven' THEN "
    "'waiting' ELSE q.state END, coalesce(live.worker, q.worker), q.deaths::text, "
    "(extract(epoch FROM clock_timestamp() - q.queued) * 1000)::bigint::text, "
    "q.queued::text FROM baton.queue q LEFT JOIN LATERAL (SELECT l.worker FROM baton.leases l JOIN "
    "baton.sessions s ON s.session = l.session WHERE l.run = q.run AND NOT l.released AND s.until "
    "> "
    "clock_timestamp()) live ON true WHERE q.state <> 'done' AND (q.queued, q.run) > "
    "($1::timestamptz, $2) ORDER BY q.queued, q.run LIMIT $3::integer"};

constexpr PgStatement kWorkers = {
    "workers",
    "SELECT s.worker, (extract(epoch FROM clock_timestamp() - s.heard) * 1000)::bigint::text, "
    "(SELECT count(*) FROM baton.leases l WHERE l.session = s.session AND NOT l.released)::text "
    "FROM baton.sessions s WHERE s.until > clock_timestamp() ORDER BY s.worker, s.session"};

constexpr std::chrono::milliseconds kBetweenReaps(500);

QueueState state_from(std::string_view name) {
  for (const QueueState state :
       {QueueState::kWaiting, QueueState::kDriven, QueueState::kParked, QueueState::kQuarantined}) {
    if (to_string(state) == name) return state;
  }
  return QueueState::kDone;
}

}  // namespace

Status PostgresClaims::reap(PgConnection& connection, int most_deaths) {
  reaped_ = std::chrono::steady_clock::now();
  const Result<PgRows> reaped = connection.run(kReap, most_deaths);
  return reaped ? Status() : Status(reaped.error());
}

Result<std::optional<PgClaim>> PostgresClaims::claim(PgConnection& connection,
                                                     const std::vector<std::string>& places,
                                                     int most_deaths, bool again) {
  if (again) {
    if (Status dropped = leases_.drop_unknown(connection); !dropped) return dropped.error();
  }
  std::vector<std::string> keys = {""};
  for (const std::string& place : places) {
    if (!place.empty()) keys.push_back(pg_key(place));
  }
  const std::string where = pg_array(keys);
  const Result<std::int64_t> session = leases_.living_session(connection);
  if (!session) return session.error();
  // The dead are looked for now and then while others wait, so that their runs keep their turn, and
  // at once where nothing waits.
  bool looked = std::chrono::steady_clock::now() - reaped_ >= kBetweenReaps;
  if (looked) {
    if (Status reaped = reap(connection, most_deaths); !reaped) return reaped.error();
  }
  for (;;) {
    const Result<PgRows> claimed = connection.run(kClaim, where, *session);
    if (!claimed) return claimed.error();
    if (claimed->count() > 0) {
      return std::optional(PgClaim{RunId(claimed->text(0, 0)),
                                   {*session, claimed->integer(0, 1)},
                                   static_cast<int>(claimed->integer(0, 2))});
    }
    if (std::exchange(looked, true)) return std::optional<PgClaim>();
    if (Status reaped = reap(connection, most_deaths); !reaped) return reaped.error();
  }
}

Status requeue_run(PgConnection& connection, const RunId& run) {
  const Result<PgRows> row = connection.run(kRequeue, pg_text(run));
  if (!row) return row.error();
  if (row->count() == 0) {
    return not_found(fmt::format(
        "run {} was not submitted, so no worker takes it; `baton resume {}` goes on with it here",
        run, run));
  }
  if (!row->truth(0, 0)) return {};
  return Error{ErrorKind::kBusy,
               fmt::format("run {} cannot wait in the queue: it is being driven by {}", run,
                           row->text(0, 1))};
}

Result<std::vector<QueuedRun>> read_queue(PgConnection& connection) {
  constexpr int kPage = 1000;
  std::vector<QueuedRun> queue;
  std::string last_queued = "-infinity";
  RunId last_run;
  for (;;) {
    const Result<PgRows> page = connection.run(kQueue, last_queued, last_run, kPage);
    if (!page) return page.error();
    for (int i = 0; i < page->count(); ++i) {
      queue.push_back({.run = RunId(page->text(i, 0)),
                       .state = state_from(page->text(i, 1)),
                       .worker = std::string(page->text(i, 2)),
                       .deaths = static_cast<int>(page->integer(i, 3)),
                       .age = Millis(page->integer(i, 4))});
      last_queued = page->text(i, 5);
    }
    if (page->count() < kPage) return queue;
    last_run = queue.back().run;
  }
}

Result<std::vector<WorkerSeen>> read_workers(PgConnection& connection) {
  const Result<PgRows> rows = connection.run(kWorkers);
  if (!rows) return rows.error();
  std::vector<WorkerSeen> workers;
  for (int i = 0; i < rows->count(); ++i) {
    workers.push_back({std::string(rows->text(i, 0)), Millis(rows->integer(i, 1)),
                       static_cast<int>(rows->integer(i, 2))});
  }
  return workers;
}

}  // namespace baton
