#include "store/postgres_appender.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "store/postgres_reading.h"
#include "store/postgres_store.h"

namespace baton {
namespace {

constexpr PgStatement kCommit = {"commit", "COMMIT"};
constexpr PgStatement kRollback = {"rollback", "ROLLBACK"};

// Written, since the transaction that is asked for holds its row: this waits for its end.
constexpr PgStatement kCommitted = {
    "committed",
    "INSERT INTO baton.commits AS c (writer, number, at) VALUES ($1, 0, clock_timestamp()) ON "
    "CONFLICT "
    "(writer) DO UPDATE SET at = excluded.at RETURNING (c.number >= $2::bigint)::text"};
constexpr PgStatement kForget = {"forget_writer", "DELETE FROM baton.commits WHERE writer = $1"};

// ---- keys and shares of days ----

constexpr PgStatement kTakeKey = {
    "take_key", "INSERT INTO baton.run_keys (key, run) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
constexpr PgStatement kKeyOwner = {"key_owner", "SELECT run FROM baton.run_keys WHERE key = $1"};
constexpr PgStatement kDropKey = {"drop_key",
                                  "DELETE FROM baton.run_keys WHERE key = $1 AND run = $2"};

constexpr PgStatement kMakeDay = {
    "make_day",
    "INSERT INTO baton.day_totals (project, day, promised, granted) VALUES ($1, $2, 0, 0) ON "
    "CONFLICT DO NOTHING"};
constexpr PgStatement kLockDays = {
    "lock_days",
    "SELECT d.day FROM baton.day_totals d WHERE (d.project, d.day) IN (SELECT * FROM "
    "unnest($1::text[], $2::text[]) UNION SELECT s.project, s.day FROM baton.day_shares s WHERE "
    "s.run = ANY ($3::text[])) ORDER BY d.project, d.day FOR UPDATE"};
// The guarded update: whatever others have taken by now, the sum does not pass the cap.
constexpr PgStatement kGrant = {
    "grant",
    "WITH taken AS (UPDATE baton.day_totals SET "
    "granted = greatest(0, least($3::bigint, $4::bigint - promised)), "
    "promised = promised + greatest(0, least($3::bigint, $4::bigint - promised)) "
    "WHERE project = $1 AND day = $2 RETURNING granted), "
    "kept AS (INSERT INTO baton.day_shares AS s (run, day, project, share) SELECT $5, $2, $1, "
    "granted "
    "FROM taken WHERE granted > 0 ON CONFLICT (run, day, project) DO UPDATE SET share = s.share + "
    "excluded.share) SELECT granted::text FROM taken"};
constexpr PgStatement kGiveBack = {
    "give_back",
    "WITH before AS (SELECT project, share FROM baton.day_shares WHERE run = $1 AND day = $2), "
    "trimmed AS (UPDATE baton.day_shares SET share = $3::bigint WHERE run = $1 AND day = $2) "
    "UPDATE baton.day_totals d SET promised = d.promised - b.share + $3::bigint FROM before b "
    "WHERE "
    "d.project = b.project AND d.day = $2"};

// ---- writing ----

constexpr PgStatement kPutRun = {
    "put_run",
    "INSERT INTO baton.runs (run, workflow, title, project, key, created, updated, status, spent, "
    "events, tip) VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint, $8, $9::bigint, "
    "$10::integer, "
    "$11::bytea)"};
constexpr PgStatement kSetRun = {
    "set_run",
    "UPDATE baton.runs SET updated = $2::bigint, status = $3, spent = $4::bigint, events = "
    "$5::integer, tip = $6::bytea WHERE run = $1"};
constexpr PgStatement kPutEvent = {
    "put_event",
    "INSERT INTO baton.events (run, seq, type, body, hash) VALUES ($1, $2::integer, $3, $4, "
    "$5::bytea)"};
constexpr PgStatement kReserve = {
    "reserve",
    "INSERT INTO baton.ledger (run, call, model, state, hold, charge) VALUES ($1, $2::integer, $3, "
    "$4, $5::bigint, $6::bigint)"};
// A call that has ended already is refused by the table itself (ledger_ends_once).
constexpr PgStatement kSettle = {
    "settle",
    "UPDATE baton.ledger SET state = $3, charge = $4::bigint WHERE run = $1 AND call = "
    "$2::integer"};
constexpr PgStatement kPutBlob = {"put_blob",
                                  "INSERT INTO baton.blobs (id, coding, size, data) VALUES ($1, "
                                  "$2::bigint, $3::bigint, $4::bytea) "
                                  "ON CONFLICT DO NOTHING"};
constexpr PgStatement kEnqueue = {
    "enqueue",
    "INSERT INTO baton.queue (run, place, state, queued) VALUES ($1, $2, 'waiting', "
    "clock_timestamp())"};
constexpr PgStatement kPart = {"part", "UPDATE baton.queue SET state = $2 WHERE run = $1"};
constexpr PgStatement kHoldLeases = {"hold_leases",
                                     "SELECT baton.hold_leases($1::text[], $2::bigint[])::text"};

// ---- helpers ----

std::string new_writer() {
  std::random_device dice;
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return fmt::format("{}/{}/{:08x}{:08x}", host, ::getpid(), dice(), dice());
}

}  // namespace

PostgresAppender::PostgresAppender(PgServer server, std::unique_ptr<PostgresStore> store)
    : store_(std::move(store)),
      writer_(new_writer()),
      link_(std::move(server), {.purpose = "journal"},
            [this](PgConnection& connection) { return store_->recognise(connection); }) {}

PostgresAppender::~PostgresAppender() {
  if (link_.connection() != nullptr) (void)link_.connection()->run(kForget, writer_);
}

Status PostgresAppender::append(std::vector<Append>& group) {
  ++number_;
  committing_ = false;
  return link_.with([&](PgConnection& connection) { return attempt(connection, group); });
}

Status PostgresAppender::attempt(PgConnection& connection, std::vector<Append>& group) {
  if (committing_) {
    const Result<bool> committed = was_committed(connection);
    if (!committed) return committed.error();
    if (*committed) return {};  // the group's outcomes are those it was sent with
    committing_ = false;
  }
  if (Status told = store_->tell_frozen(connection); !told) return told;
  PostgresGroup work(group);
  if (Status status = read(connection, work); !status) return status;
  if (work.generation != store_->generation()) {
    // A restored copy was accepted since: what this process remembers is of another store.
    seen_.clear();
    if (const Result<PgRows> ended = connection.run(kRollback); !ended) return ended.error();
    if (Status known = store_->recognise(connection); !known) return known;
    return attempt(connection, group);
  }
  if (Status status = take_keys(connection, work); !status) return status;
  if (work.is_empty()) {
    (void)connection.run(kRollback);  // nothing was written; a lost connection is seen next time
    (void)store_->tell_frozen(connection);
    return {};
  }
  if (Status status = take_days(connection, work); !status) return status;
  if (Status status = write(connection, work); !status) return status;
  keep(work);
  (void)store_->tell_frozen(connection);  // or with the next group
  return {};
}

Result<bool> PostgresAppender::was_committed(PgConnection& connection) {
  const Result<PgRows> row = connection.run(kCommitted, writer_, number_);
  if (!row) return row.error();
  return row->count() > 0 && row->truth(0, 0);
}

Status PostgresAppender::read(PgConnection& connection, PostgresGroup& work) {
  if (Status status = read_group(connection, writer_, number_, work); !status) return status;
  if (!work.frozen_by_others.empty()) store_->freeze(work.frozen_by_others);
  for (const std::string& run : work.runs()) {
    const auto tip = work.tips.find(run);
    const auto seen = seen_.find(run);
    const int last = tip == work.tips.end() ? 0 : tip->second.summary.events;
    if (seen != seen_.end() && seen->second.summary.events > last) {
      store_->freeze(fmt::format("run {} ends at event {}, and had come to event {}", run, last,
                                 seen->second.summary.events));
    }
    store_->compare(run, tip == work.tips.end() ? nullptr : &tip->second);
  }
  work.frozen = store_->frozen();
  return {};
}

Status PostgresAppender::take_keys(PgConnection& connection, PostgresGroup& work) {
  const std::map<std::string, RunId> wanted = work.check();
  std::map<std::string, RunId> owners;
  if (!wanted.empty()) {
    for (const auto& [key, run] : wanted) {
      connection.send(kTakeKey, key, run);
      connection.send(kKeyOwner, key);
    }
    const Result<std::vector<PgRows>> rows = connection.sync();
    if (!rows) return rows.error();
    std::size_t owner = 1;  // of each pair of statements
    for (const auto& [key, run] : wanted) {
      const PgRows& row = (*rows)[owner];
      owners[key] = row.count() > 0 ? RunId(row.text(0, 0)) : RunId();
      owner += 2;
    }
  }
  work.decide(owners);
  for (const auto& [key, run] : wanted) {
    if (owners[key] == run && !work.keys.contains(key)) connection.send(kDropKey, key, run);
  }
  return {};
}

Status PostgresAppender::take_days(PgConnection& connection, PostgresGroup& work) {
  if (work.days.empty()) return {};
  std::map<std::pair<std::string, std::string>, bool> asked;
  std::vector<std::string> projects, days, runs;
  for (const DayChange& change : work.days) {
    runs.push_back(change.run);
    if (change.grant == nullptr) continue;
    const DayCap& cap = change.grant->allotment->cap;
    asked[{pg_key(cap.project), pg_key(cap.day)}] = true;
  }
  for (const auto& [day, is_asked] : asked) {
    projects.push_back(day.first);
    days.push_back(day.second);
    connection.send(kMakeDay, day.first, day.second);
  }
  connection.send(kLockDays, pg_array(projects), pg_array(days), pg_array(runs));
  for (const DayChange& change : work.days) {
    if (change.grant == nullptr) {
      connection.send(kGiveBack, change.run, pg_key(change.day), change.used.picodollars());
      continue;
    }
    const auto& [cap, amount, granted] = *change.grant->allotment;
    connection.send(kGrant, pg_key(cap.project), pg_key(cap.day), amount.picodollars(),
                    cap.cap.picodollars(), change.run);
  }
  const Result<std::vector<PgRows>> rows = connection.sync();
  if (!rows) return rows.error();
  auto row = rows->end() - static_cast<std::ptrdiff_t>(work.days.size());
  for (const DayChange& change : work.days) {
    if (change.grant != nullptr) {
      *change.grant->allotment->granted = Money::pico(row->integer(0, 0));
    }
    ++row;
  }
  return {};
}

Status PostgresAppender::write(PgConnection& connection, PostgresGroup& work) {
  for (const RunId& run : work.touched()) {
    const PgTip& tip = work.tips.at(run);
    const RunSummary& s = tip.summary;
    const PgBytes hash{bytes_of(tip.hash)};
    if (work.created.contains(run)) {
      connection.send(kPutRun, run, pg_text(s.workflow), pg_text(s.title), pg_text(s.project),
                      pg_text(s.key), s.created.unix_ms(), s.updated.unix_ms(), s.status,
                      s.spent.picodollars(), s.events, hash);
    } else {
      connection.send(kSetRun, run, s.updated.unix_ms(), s.status, s.spent.picodollars(), s.events,
                      hash);
    }
  }
  for (const EventRow& e : work.events) {
    connection.send(kPutEvent, e.run, e.sequence, e.type, e.body, PgBytes{bytes_of(e.hash)});
  }
  for (const auto& [key, row] : work.ledger) {
    if (!row.changed) continue;
    if (row.found) {
      connection.send(kSettle, key.first, key.second.number(), to_string(row.state),
                      row.charge.picodollars());
    } else {
      connection.send(kReserve, key.first, key.second.number(), pg_text(row.model),
                      to_string(row.state), row.hold.picodollars(), row.charge.picodollars());
    }
  }
  for (const auto& [id, blob] : work.texts) {
    const StoredText text = compressor_.compress(blob->text);
    connection.send(kPutBlob, id, static_cast<std::int64_t>(text.coding),
                    static_cast<std::int64_t>(blob->text.size()), PgBytes{text.bytes});
  }
  for (const auto& [run, place] : work.places) connection.send(kEnqueue, run, pg_key(place));
  for (const auto& [run, state] : work.parted) connection.send(kPart, run, state);
  std::vector<std::string> runs;
  std::vector<std::int64_t> fences;
  for (const auto& [run, fence] : work.fences) {
    runs.push_back(run);
    fences.push_back(fence);
  }
  connection.send(kHoldLeases, pg_array(runs), pg_numbers(fences));
  connection.send(kLogPosition);
  connection.send(kCommit);
  committing_ = true;
  const Result<std::vector<PgRows>> rows = connection.sync();
  if (!rows) {
    if (connection.trouble() != PgTrouble::kLost) committing_ = false;
    return rows.error();
  }
  committing_ = false;
  const PgRows& position = *(rows->end() - 2);
  for (const RunId& run : work.touched()) {
    store_->wrote(position.integer(0, 0), run, work.tips.at(run));
  }
  return {};
}

void PostgresAppender::keep(const PostgresGroup& work) {
  constexpr std::size_t kMostSeen = 4096;
  if (seen_.size() > kMostSeen) seen_.clear();
  for (const RunId& run : work.touched()) seen_[run] = work.tips.at(run);
}

}  // namespace baton
