#include "store/postgres_reading.h"

#include <algorithm>

namespace baton {
namespace {

constexpr PgStatement kBegin = {"begin", "BEGIN"};
// Locked by the transaction that writes it: who asks after a lost connection waits for its end.
constexpr PgStatement kNumber = {
    "number",
    "INSERT INTO baton.commits (writer, number, at) VALUES ($1, $2::bigint, clock_timestamp()) "
    "ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at"};
constexpr PgStatement kTips = {
    "tips",
    "SELECT run, workflow, title, project, key, created::text, updated::text, status, spent::text, "
    "events::text, tip FROM baton.runs WHERE run = ANY ($1::text[]) ORDER BY run FOR UPDATE"};
// After the lock, so that it sees what was committed while that was waited for.
constexpr PgStatement kLast = {
    "last_events",
    "SELECT r.run, (e.hash IS NOT DISTINCT FROM r.tip)::text FROM baton.runs r LEFT JOIN "
    "baton.events e ON e.run = r.run AND e.seq = r.events WHERE r.run = ANY ($1::text[])"};
constexpr PgStatement kLockQueue = {
    "lock_queue",
    "SELECT run FROM baton.queue WHERE run = ANY ($1::text[]) ORDER BY run FOR UPDATE"};
constexpr PgStatement kLeases = {
    "leases",
    "SELECT l.run, l.session::text, l.fence::text, l.released::text, "
    "(s.until > clock_timestamp())::text, l.worker FROM baton.leases l LEFT JOIN baton.sessions s "
    "ON s.session = l.session WHERE l.run = ANY ($1::text[]) ORDER BY l.run FOR SHARE OF l"};
constexpr PgStatement kCalls = {
    "calls",
    "SELECT l.run, l.call::text, l.model, l.state, l.hold::text, l.charge::text FROM "
    "unnest($1::text[], $2::integer[]) AS n (run, call) JOIN baton.ledger l ON l.run = n.run AND "
    "l.call = n.call"};
constexpr PgStatement kStored = {"stored_blobs",
                                 "SELECT id FROM baton.blobs WHERE id = ANY ($1::text[])"};

constexpr PgStatement kStore = {"store_state", "SELECT frozen, generation::text FROM baton.store"};

PgTip tip_in(const PgRows& rows, int i) {
  PgTip tip;
  tip.summary = {.run = RunId(rows.text(i, 0)),
                 .workflow = std::string(rows.text(i, 1)),
                 .title = std::string(rows.text(i, 2)),
                 .project = std::string(rows.text(i, 3)),
                 .key = std::string(rows.text(i, 4)),
                 .created = Instant::from_unix_ms(rows.integer(i, 5)),
                 .updated = Instant::from_unix_ms(rows.integer(i, 6)),
                 .status = std::string(rows.text(i, 7)),
                 .spent = Money::pico(rows.integer(i, 8)),
                 .events = static_cast<int>(rows.integer(i, 9))};
  const std::string_view hash = rows.text(i, 10);
  if (hash.size() == tip.hash.size()) std::copy(hash.begin(), hash.end(), tip.hash.begin());
  return tip;
}

CallState call_state_from(std::string_view name) {
  for (const CallState state : {CallState::kReserved, CallState::kSettled, CallState::kReleased}) {
    if (to_string(state) == name) return state;
  }
  return CallState::kWrittenOff;
}

void take_leases(const PgRows& rows, PostgresGroup& work) {
  for (int i = 0; i < rows.count(); ++i) {
    work.leases[RunId(rows.text(i, 0))] = {.fence = {rows.integer(i, 1), rows.integer(i, 2)},
                                           .released = rows.truth(i, 3),
                                           .live = rows.truth(i, 4),
                                           .worker = std::string(rows.text(i, 5))};
  }
}

void take_calls(const PgRows& rows, PostgresGroup& work) {
  for (int i = 0; i < rows.count(); ++i) {
    const LedgerKey key(rows.text(i, 0), CallId(static_cast<std::int32_t>(rows.integer(i, 1))));
    work.ledger[key] = {.model = std::string(rows.text(i, 2)),
                        .state = call_state_from(rows.text(i, 3)),
                        .hold = Money::pico(rows.integer(i, 4)),
                        .charge = Money::pico(rows.integer(i, 5)),
                        .found = true};
  }
}

}  // namespace

Status read_group(PgConnection& connection, const std::string& writer, std::int64_t number,
                  PostgresGroup& work) {
  const std::string names = pg_array(work.runs());
  std::vector<std::string> call_runs;
  std::vector<std::int64_t> call_numbers;
  for (const auto& [run, call] : work.calls()) {
    call_runs.push_back(run);
    call_numbers.push_back(call.number());
  }
  connection.send(kBegin);
  connection.send(kNumber, writer, number);
  connection.send(kTips, names);
  connection.send(kLast, names);
  connection.send(kLockQueue, work.ends_a_run() ? names : pg_array({}));
  connection.send(kLeases, names);
  connection.send(kCalls, pg_array(call_runs), pg_numbers(call_numbers));
  connection.send(kStored, pg_array(work.blobs()));
  connection.send(kStore);
  const Result<std::vector<PgRows>> answer = connection.sync();
  if (!answer) return answer.error();

  const PgRows& tips = (*answer)[2];
  for (int i = 0; i < tips.count(); ++i) work.tips[RunId(tips.text(i, 0))] = tip_in(tips, i);
  const PgRows& last = (*answer)[3];
  for (int i = 0; i < last.count(); ++i) {
    if (!last.truth(i, 1)) work.broken.insert(RunId(last.text(i, 0)));
  }
  take_leases((*answer)[5], work);
  take_calls((*answer)[6], work);
  const PgRows& stored = (*answer)[7];
  for (int i = 0; i < stored.count(); ++i) work.stored.emplace(stored.text(i, 0));
  const PgRows& store = (*answer)[8];
  if (store.count() != 1) return storage_error("baton.store does not hold its one row");
  work.frozen_by_others = store.text(0, 0);
  work.generation = store.integer(0, 1);
  return {};
}

}  // namespace baton
