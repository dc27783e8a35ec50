#include "store/sqlite_appender.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/event_format.h"
#include "store/file.h"
#include "store/run_summary.h"

namespace baton {
namespace {

// Runs whose ends are kept in memory; more than ever run at a time in one process.
constexpr std::size_t kMostTips = 4096;

std::string shown(const RunId& run) {
  return is_run_name(run) ? run : fmt::format("'{}'", run.substr(0, 80));
}

}  // namespace

Result<std::unique_ptr<SqliteAppender>> SqliteAppender::make(std::unique_ptr<Database> database,
                                                             const std::filesystem::path& heads) {
  constexpr std::pair<Statement Statements::*, std::string_view> kTexts[] = {
      {&Statements::begin, "BEGIN IMMEDIATE"},
      {&Statements::commit, "COMMIT"},
      {&Statements::rollback, "ROLLBACK"},
      {&Statements::data_version, "PRAGMA data_version"},
      {&Statements::find_run,
       "SELECT workflow, title, created, updated, status, spent, events, project, key, "
       "(SELECT hash FROM events WHERE events.run = runs.run AND seq = runs.events) "
       "FROM runs WHERE run = ?1"},
      {&Statements::find_key, "SELECT run FROM runs WHERE key = ?1 AND key <> ''"},
      {&Statements::put_run,
       "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (run) DO "
       "UPDATE "
       "SET updated = ?5, status = ?6, spent = ?7, events = ?8"},
      {&Statements::put_event, "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)"},
      {&Statements::has_blob, "SELECT 1 FROM blobs WHERE id = ?1"},
      {&Statements::put_blob, "INSERT INTO blobs VALUES (?1, ?2, ?3, ?4)"},
      {&Statements::promised,
       "SELECT coalesce(sum(share), 0) FROM day_shares WHERE project = ?1 AND day = ?2"},
      {&Statements::put_share,
       "INSERT INTO day_shares VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE "
       "SET share = share + ?4"},
      {&Statements::trim_share, "UPDATE day_shares SET share = ?3 WHERE run = ?1 AND day = ?2"},
  };
  Statements statements;
  for (const auto& [member, text] : kTexts) {
    Result<Statement> statement = database->prepare(text);
    if (!statement) return statement.error();
    statements.*member = std::move(*statement);
  }
  return std::unique_ptr<SqliteAppender>(
      new SqliteAppender(std::move(database), std::move(statements), heads));
}

SqliteAppender::SqliteAppender(std::unique_ptr<Database> database, Statements statements,
                               const std::filesystem::path& heads)
    : database_(std::move(database)), sql_(std::move(statements)), heads_(heads) {}

Status SqliteAppender::append(std::vector<Append>& group) {
  if (Status begun = sql_.begin.run(); !begun) return begun;
  std::map<RunId, Tip*> touched;
  Status written = write_group(group, touched);
  if (written.ok()) written = sql_.commit.run();
  if (!written) {
    // What failed is told by its own error; a rollback that fails too has nothing to add, since the
    // journal is not written on either way.
    [[maybe_unused]] const Status rolled_back = sql_.rollback.run();
    return written;
  }
  for (const auto& [run, tip] : touched)
    heads_.write(run, {tip->summary.events, to_hex(tip->hash)});
  if (tips_.size() > kMostTips) tips_.clear();
  return {};
}

Status SqliteAppender::write_group(std::vector<Append>& group, std::map<RunId, Tip*>& touched) {
  if (Status fresh = forget_what_others_changed(); !fresh) return fresh;
  for (Append& append : group) {
    const Result<Tip*> tip = tip_for(append);
    if (!tip) {
      if (tip.error().kind == ErrorKind::kStorage) return tip.error();
      append.outcome = tip.error();
      continue;
    }
    touched[append.run] = *tip;
    if (Status written = write_events(append, **tip); !written) return written;
    if (Status written = write_blobs(append); !written) return written;
    if (Status written = write_share(append); !written) return written;
  }
  for (const auto& [run, tip] : touched) {
    if (Status written = write_run(tip->summary); !written) return written;
  }
  return {};
}

// Another process may have driven a run since we last did. Asked inside the transaction: from here
// on nobody else can write.
Status SqliteAppender::forget_what_others_changed() {
  sql_.data_version.start();
  const Result<bool> row = sql_.data_version.next();
  if (!row) return row.error();
  const std::int64_t version = sql_.data_version.integer(0);
  if (const Result<bool> end = sql_.data_version.next(); !end) return end.error();
  if (version != data_version_) tips_.clear();
  data_version_ = version;
  return {};
}

// Where the events of `append` go on. An error that is not kStorage refuses this append alone.
Result<SqliteAppender::Tip*> SqliteAppender::tip_for(const Append& append) {
  if (!is_run_name(append.run)) {
    return input_error(fmt::format("{} cannot be the name of a run", shown(append.run)));
  }
  const auto is_creation = [](const Event& e) { return std::holds_alternative<RunCreated>(e); };
  const bool creates = !append.events.empty() && is_creation(append.events.front());
  if (std::count_if(append.events.begin(), append.events.end(), is_creation) > (creates ? 1 : 0)) {
    return input_error(fmt::format("run {} is created after its first event", append.run));
  }
  Result<Tip*> tip = load_tip(append.run);
  if (!tip) return tip;
  if (*tip != nullptr && creates) {
    return input_error(fmt::format("run {} exists already", append.run));
  }
  if (*tip != nullptr) return tip;
  if (!creates) return not_found(fmt::format("there is no run {}", append.run));
  if (Status free = check_key(std::get<RunCreated>(append.events.front()).key); !free)
    return free.error();
  return &(tips_[append.run] = Tip{.summary = {.run = append.run}});
}

Status SqliteAppender::check_key(std::string_view key) {
  sql_.find_key.start(key);
  const Result<bool> taken = sql_.find_key.next();
  if (!taken) return taken.error();
  if (!*taken) return {};
  const std::string run(sql_.find_key.text(0));
  if (const Result<bool> end = sql_.find_key.next(); !end) return end.error();
  return Error{ErrorKind::kBusy, fmt::format("run {} was created with the key '{}'", run, key)};
}

Result<SqliteAppender::Tip*> SqliteAppender::load_tip(const RunId& run) {
  if (const auto found = tips_.find(run); found != tips_.end()) return &found->second;
  sql_.find_run.start(run);
  const Result<bool> row = sql_.find_run.next();
  if (!row) return row.error();
  if (!*row) return static_cast<Tip*>(nullptr);

  const Statement& s = sql_.find_run;
  Tip tip;
  tip.summary = {.run = run,
                 .workflow = std::string(s.text(0)),
                 .title = std::string(s.text(1)),
                 .project = std::string(s.text(7)),
                 .key = std::string(s.text(8)),
                 .created = Instant::from_unix_ms(s.integer(2)),
                 .updated = Instant::from_unix_ms(s.integer(3)),
                 .status = std::string(s.text(4)),
                 .spent = Money::pico(s.integer(5)),
                 .events = static_cast<int>(s.integer(6))};
  const std::string_view hash = s.text(9);
  const bool whole = hash.size() == tip.hash.size();
  if (whole) std::copy(hash.begin(), hash.end(), tip.hash.begin());
  if (const Result<bool> end = sql_.find_run.next(); !end) return end.error();
  if (!whole) {
    return storage_error(
        fmt::format("{}: the last of the {} events of run {} is not there; see what `baton verify` "
                    "reports",
                    database_->file().string(), tip.summary.events, run));
  }
  return &(tips_[run] = std::move(tip));
}

Status SqliteAppender::write_run(const RunSummary& s) {
  return sql_.put_run.run(s.run, s.workflow, s.title, s.created.unix_ms(), s.updated.unix_ms(),
                          s.status, s.spent.picodollars(), s.events, s.project, s.key);
}

Status SqliteAppender::write_events(const Append& append, Tip& tip) {
  for (const Event& event : append.events) {
    const EventText text = write_event(event);
    apply(tip.summary, event);
    tip.hash = chained(tip.hash, text.type, text.body);
    if (Status put = sql_.put_event.run(append.run, tip.summary.events, text.type, text.body,
                                        Bytes{bytes_of(tip.hash)});
        !put) {
      return put;
    }
    if (const auto* ended = std::get_if<RunEnded>(&event)) {
      if (Status given = give_back(append.run, *ended); !given) return given;
    }
  }
  return {};
}

// Read and written in one transaction that nobody else can write in: the sum never passes the cap.
Status SqliteAppender::write_share(const Append& append) {
  if (!append.allotment) return {};
  const auto& [cap, amount, granted] = *append.allotment;
  sql_.promised.start(cap.project, cap.day);
  const Result<bool> row = sql_.promised.next();
  if (!row) return row.error();
  const Money left = cap.cap - Money::pico(sql_.promised.integer(0));
  if (const Result<bool> end = sql_.promised.next(); !end) return end.error();
  *granted = std::clamp(left, Money(), amount);
  if (*granted == Money()) return {};
  return sql_.put_share.run(cap.project, cap.day, append.run, granted->picodollars());
}

Status SqliteAppender::give_back(const RunId& run, const RunEnded& end) {
  if (end.day.empty()) return {};
  return sql_.trim_share.run(run, end.day, end.day_used.picodollars());
}

Status SqliteAppender::write_blobs(const Append& append) {
  for (const Blob& blob : append.blobs) {
    const Result<bool> stored = sql_.has_blob.finds(blob.id);
    if (!stored) return stored.error();
    if (*stored) continue;
    const StoredText text = compressor_.compress(blob.text);
    if (Status put =
            sql_.put_blob.run(blob.id, static_cast<std::int64_t>(text.coding),
                              static_cast<std::int64_t>(blob.text.size()), Bytes{text.bytes});
        !put) {
      return put;
    }
  }
  return {};
}

}  // namespace baton
