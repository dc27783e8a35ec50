#include "store/postgres_verify.h"

#include <fmt/format.h>

#include <map>

#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/event_format.h"
#include "store/run_summary.h"
#include "store/sqlite_verify.h"

namespace baton {
namespace {

constexpr int kPage = 500;

constexpr PgStatement kSnapshot = {"snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr PgStatement kEnd = {"end_snapshot", "COMMIT"};

// Known by its line in the list, or by its events alone.
constexpr PgStatement kRuns = {
    "verify_runs",
    "SELECT run FROM baton.runs WHERE run > $1 UNION SELECT run FROM baton.events WHERE run > $1 "
    "AND "
    "NOT EXISTS (SELECT FROM baton.runs r WHERE r.run = events.run) ORDER BY 1 LIMIT $2::integer"};
constexpr PgStatement kListed = {
    "verify_listed",
    "SELECT workflow, title, project, key, created::text, updated::text, status, spent::text, "
    "events::text, tip FROM baton.runs WHERE run = $1"};
constexpr PgStatement kEvents = {"verify_events",
                                 "SELECT seq::text, type, body, hash FROM baton.events WHERE run = "
                                 "$1 AND seq > $2::integer ORDER "
                                 "BY events.seq LIMIT $3::integer"};
constexpr PgStatement kLedger = {
    "verify_ledger",
    "SELECT call::text, state, hold::text, charge::text FROM baton.ledger WHERE run = $1 ORDER BY "
    "ledger.call"};
constexpr PgStatement kMissing = {"verify_missing",
                                  "SELECT n.id FROM unnest($1::text[]) AS n (id) WHERE NOT EXISTS "
                                  "(SELECT FROM baton.blobs b WHERE "
                                  "b.id = n.id)"};
constexpr PgStatement kBlobs = {
    "verify_blobs",
    "SELECT id, coding::text, size::text, data FROM baton.blobs WHERE id > $1 ORDER BY id LIMIT "
    "$2::integer"};
constexpr PgStatement kDays = {
    "verify_days",
    "SELECT d.project, d.day, d.promised::text, coalesce(sum(s.share), 0)::bigint::text FROM "
    "baton.day_totals d LEFT JOIN baton.day_shares s ON s.project = d.project AND s.day = d.day "
    "GROUP "
    "BY d.project, d.day HAVING d.promised <> coalesce(sum(s.share), 0) LIMIT 100"};

struct CallLine {
  std::string state;
  Money hold;
  Money charge;
  bool operator==(const CallLine&) const = default;
  std::string text() const {
    return fmt::format("{}, ${} held, ${} charged", state, hold.to_string(), charge.to_string());
  }
};

// ---- one run ----

class PgRunCheck {
 public:
  PgRunCheck(PgConnection& connection, RunId run) : connection_(connection) {
    summary_.run = std::move(run);
  }
  // What is wrong with the run, as of one moment.
  Result<std::vector<Damage>> check();
  PgTip tip() const { return {summary_, hash_}; }

 private:
  void report(std::string what, std::int64_t event = 0) {
    found_.push_back({.run = summary_.run, .what = std::move(what), .event = event});
  }
  Status read_events();
  void add(int sequence, std::string_view type, std::string_view body, std::string_view hash);
  void follow(const Event& event, int sequence);
  Status compare_listed();
  Status compare_ledger();
  Status find_texts();

  PgConnection& connection_;
  RunSummary summary_;
  Sha256 hash_ = kChainStart;
  int last_ = 0;
  std::map<int, CallLine> calls_;
  std::map<BlobId, int> texts_;  // the first event that names each
  std::vector<Damage> found_;
};

Result<std::vector<Damage>> PgRunCheck::check() {
  const Result<PgRows> begun = connection_.run(kSnapshot);
  if (!begun) return begun.error();
  for (const auto step : {&PgRunCheck::read_events, &PgRunCheck::compare_listed,
                          &PgRunCheck::compare_ledger, &PgRunCheck::find_texts}) {
    if (Status done = (this->*step)(); !done) return done.error();
  }
  const Result<PgRows> ended = connection_.run(kEnd);
  if (!ended) return ended.error();
  return std::move(found_);
}

Status PgRunCheck::read_events() {
  for (;;) {
    const Result<PgRows> page = connection_.run(kEvents, summary_.run, last_, kPage);
    if (!page) return page.error();
    for (int i = 0; i < page->count(); ++i) {
      add(static_cast<int>(page->integer(i, 0)), page->text(i, 1), page->text(i, 2),
          page->text(i, 3));
    }
    if (page->count() < kPage) return {};
  }
}

void PgRunCheck::add(int sequence, std::string_view type, std::string_view body,
                     std::string_view hash) {
  if (sequence != last_ + 1) {
    report(fmt::format("events {} to {} are missing from the middle", last_ + 1, sequence - 1),
           last_ + 1);
  } else if (bytes_of(chained(hash_, type, body)) != hash) {
    report(
        fmt::format("event {} ({}) is not what was written: its hash does not fit", sequence, type),
        sequence);
  }
  last_ = sequence;
  // The stored hash is what the next event was chained to: so one changed event is one report.
  hash_ = kChainStart;
  if (hash.size() == hash_.size()) std::copy(hash.begin(), hash.end(), hash_.begin());

  const Result<Event> event = read_event(type, body);
  if (event) return follow(*event, sequence);
  report(fmt::format("event {} cannot be read: {}", sequence, event.error().message), sequence);
}

void PgRunCheck::follow(const Event& event, int sequence) {
  const auto* created = std::get_if<RunCreated>(&event);
  if ((created != nullptr) != (sequence == 1)) {
    report(sequence == 1 ? "its first event is not run_created"
                         : fmt::format("event {} creates it a second time", sequence),
           sequence);
  } else if (created != nullptr && created->run != summary_.run) {
    report(fmt::format("event 1 belongs to another run, {}", created->run), sequence);
  }
  if (const auto* reserved = std::get_if<CallReserved>(&event)) {
    calls_[reserved->call.number()] = {"reserved", reserved->hold, Money()};
  } else if (const auto* ended = std::get_if<CallEnded>(&event)) {
    CallLine& line = calls_[ended->call.number()];
    line.state = to_string(state_after(ended->bill));
    line.charge = ended->charge;
  }
  for (const BlobId& text : texts_named_by(event)) {
    if (!text.empty()) texts_.emplace(text, sequence);
  }
  apply(summary_, event);
}

Status PgRunCheck::compare_listed() {
  const Result<PgRows> line = connection_.run(kListed, summary_.run);
  if (!line) return line.error();
  if (line->count() == 0) {
    report("it is not in the list of runs");
    return {};
  }
  const std::int64_t events = line->integer(0, 8);
  if (events > last_) {
    found_.push_back(
        {.run = summary_.run,
         .what = fmt::format("its last {} events are lost: it had come to event {}, and "
                             "what is left ends at event {}",
                             events - last_, events, last_),
         .kind = DamageKind::kLostTail,
         .event = last_ + 1,
         .lost_events = events - last_});
  }
  if (!found_.empty()) return {};  // then the events are what is wrong
  const RunSummary& s = summary_;
  const bool same =
      line->text(0, 0) == pg_text(s.workflow) && line->text(0, 1) == pg_text(s.title) &&
      line->text(0, 2) == pg_text(s.project) && line->text(0, 3) == pg_text(s.key) &&
      line->integer(0, 4) == s.created.unix_ms() && line->integer(0, 5) == s.updated.unix_ms() &&
      line->text(0, 6) == s.status && line->integer(0, 7) == s.spent.picodollars() &&
      events == s.events && line->text(0, 9) == bytes_of(hash_);
  if (same) return {};
  report(
      fmt::format("its line in the list of runs ({} events, {}, ${} spent) is not what its events "
                  "say ({} events, {}, ${} spent)",
                  events, line->text(0, 6), Money::pico(line->integer(0, 7)).to_string(), s.events,
                  s.status, s.spent.to_string()));
  return {};
}

Status PgRunCheck::compare_ledger() {
  if (!found_.empty()) return {};
  const Result<PgRows> rows = connection_.run(kLedger, summary_.run);
  if (!rows) return rows.error();
  std::map<int, CallLine> ledger;
  for (int i = 0; i < rows->count(); ++i) {
    ledger[static_cast<int>(rows->integer(i, 0))] = {std::string(rows->text(i, 1)),
                                                     Money::pico(rows->integer(i, 2)),
                                                     Money::pico(rows->integer(i, 3))};
  }
  for (const auto& [call, line] : calls_) {
    const auto row = ledger.find(call);
    if (row == ledger.end()) {
      report(fmt::format("call {} is not in the ledger: its events say {}",
                         CallId(call).to_string(), line.text()));
    } else if (row->second != line) {
      report(fmt::format("call {} is in the ledger as {}, and its events say {}",
                         CallId(call).to_string(), row->second.text(), line.text()));
    }
  }
  for (const auto& [call, line] : ledger) {
    if (calls_.contains(call)) continue;
    report(fmt::format("call {} is in the ledger ({}), and no event tells of it",
                       CallId(call).to_string(), line.text()));
  }
  return {};
}

Status PgRunCheck::find_texts() {
  std::vector<std::string> ids;
  for (const auto& [id, sequence] : texts_) ids.push_back(id);
  const Result<PgRows> missing = connection_.run(kMissing, pg_array(ids));
  if (!missing) return missing.error();
  for (int i = 0; i < missing->count(); ++i) {
    const BlobId id(missing->text(i, 0));
    report(fmt::format("event {} names text {}, which is not stored", texts_[id], id), texts_[id]);
  }
  return {};
}

// ---- the whole ----

Status check_runs(PgConnection& connection, PostgresStore& store, std::vector<Damage>& found) {
  RunId last;
  for (;;) {
    const Result<PgRows> page = connection.run(kRuns, last, kPage);
    if (!page) return page.error();
    for (int i = 0; i < page->count(); ++i) {
      last = page->text(i, 0);
      // Before its snapshot: a worker of this machine may write on meanwhile.
      const std::optional<Head> remembered = store.remembered(last);
      PgRunCheck run(connection, last);
      Result<std::vector<Damage>> damage = run.check();
      if (!damage) return damage.error();
      for (Damage& d : *damage) found.push_back(std::move(d));
      const PgTip tip = run.tip();
      if (remembered) store.compare(last, *remembered, &tip);
    }
    if (page->count() < kPage) return {};
  }
}

Status check_texts(PgConnection& connection, std::vector<Damage>& found) {
  constexpr int kTexts = 50;  // some are large
  std::string last;
  for (;;) {
    const Result<PgRows> page = connection.run(kBlobs, last, kTexts);
    if (!page) return page.error();
    for (int i = 0; i < page->count(); ++i) {
      last = page->text(i, 0);
      const Result<std::string> text =
          decompress(page->integer(i, 1), page->text(i, 3), page->integer(i, 2));
      if (!text) {
        found.push_back(
            {.what = fmt::format("stored text {} cannot be read: {}", last, text.error().message)});
      } else if (sha256_hex(*text) != last) {
        found.push_back(
            {.what = fmt::format("stored text {} is not what was written: its hash does not fit",
                                 last)});
      }
    }
    if (page->count() < kTexts) return {};
  }
}

Status check_days(PgConnection& connection, std::vector<Damage>& found) {
  const Result<PgRows> rows = connection.run(kDays);
  if (!rows) return rows.error();
  for (int i = 0; i < rows->count(); ++i) {
    found.push_back(
        {.what = fmt::format("what project '{}' has promised on {} (${}) is not the sum of "
                             "its runs' shares (${})",
                             rows->text(i, 0), rows->text(i, 1),
                             Money::pico(rows->integer(i, 2)).to_string(),
                             Money::pico(rows->integer(i, 3)).to_string())});
  }
  return {};
}

}  // namespace

Result<std::vector<Damage>> verify_postgres(PgConnection& connection, PostgresStore& store) {
  std::vector<Damage> found;
  if (Status known = store.recognise(connection); !known) return known.error();
  if (Status done = check_runs(connection, store, found); !done) return done.error();
  if (Status done = check_texts(connection, found); !done) return done.error();
  if (Status done = check_days(connection, found); !done) return done.error();
  if (store.frozen()) {
    found.push_back({.what = store.frozen()->message, .kind = DamageKind::kHead});
  }
  return found;
}

}  // namespace baton
