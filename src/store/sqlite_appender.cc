#include "store/sqlite_appender.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "store/damage_mark.h"
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

// Which file stands at this path; zero: none.
std::uint64_t id_of(const std::filesystem::path& file) {
  struct stat info = {};
  return ::stat(file.c_str(), &info) == 0 ? info.st_ino : 0;
}

template <typename E>
bool has(const Append& append) {
  return std::any_of(append.events.begin(), append.events.end(),
                     [](const Event& e) { return std::holds_alternative<E>(e); });
}

}  // namespace

void SoundRuns::put(const RunId& run, RunAccount account) {
  const std::lock_guard lock(mutex_);
  if (accounts_.size() > kMostTips) accounts_.clear();
  accounts_[run] = std::move(account);
}

std::optional<RunAccount> SoundRuns::take(const RunId& run) {
  const std::lock_guard lock(mutex_);
  auto found = accounts_.extract(run);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

Result<std::unique_ptr<SqliteAppender>> SqliteAppender::make(std::unique_ptr<Database> database,
                                                             std::shared_ptr<SoundRuns> sound,
                                                             std::shared_ptr<SpareRoom> room) {
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
      {&Statements::read_events,
       "SELECT seq, type, body, hash FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq"},
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
  return std::unique_ptr<SqliteAppender>(new SqliteAppender(
      std::move(database), std::move(statements), std::move(sound), std::move(room)));
}

SqliteAppender::SqliteAppender(std::unique_ptr<Database> database, Statements statements,
                               std::shared_ptr<SoundRuns> sound, std::shared_ptr<SpareRoom> room)
    : database_(std::move(database)),
      folder_(database_->file().parent_path()),
      sql_(std::move(statements)),
      sound_(std::move(sound)),
      room_(std::move(room)),
      heads_(folder_ / "heads"),
      file_id_(id_of(database_->file())) {}

Status SqliteAppender::append(Group& group) {
  refuse_what_follows(group);
  if (std::any_of(group.begin(), group.end(), has<CallReserved>)) {
    if (room_->is_short_to_promise()) {
      refuse_promises(group, fmt::format("less than {} MiB are free", kRoomToPromise / kMiB));
    } else if (!std::exchange(ballast_tried_, true)) {
      room_->load();
    }
  }
  Status done = commit(group);
  // Nothing of the group is in the database then, and no fsync has failed: with the ballast's room,
  // what was promised can still be settled.
  if (done.ok() || !was_full_ || !room_->drop()) return done;
  refuse_promises(group, "there is no room left");
  return commit(group);
}

// What others have found out, or done to the file, since it was opened.
Status SqliteAppender::check_file() const {
  if (const auto mark = damage_mark(folder_)) return only_read(folder_, *mark);
  if (id_of(database_->file()) == file_id_) return {};
  return storage_error(
      fmt::format("{} is not the file any more that this process has opened: it was repaired or "
                  "replaced meanwhile; start again",
                  database_->file().string()));
}

void SqliteAppender::refuse_promises(Group& group, std::string_view why) {
  for (Append& append : group) {
    if (!append.outcome.ok() || !has<CallReserved>(append)) continue;
    refused_[append.run] = storage_error(fmt::format(
        "run {}: no further call is made: {} on the disk of {}, and what is left is for settling "
        "what was promised; once there is more, `baton resume {}` goes on",
        append.run, why, folder_.string(), append.run));
  }
  refuse_what_follows(group);
}

// The driver of a run of which an append was refused is ahead of the journal: what it appends
// besides does not follow upon what is there. Who resumes the run begins with what is there.
void SqliteAppender::refuse_what_follows(Group& group) {
  if (refused_.empty()) return;
  for (Append& append : group) {
    const auto refused = refused_.find(append.run);
    if (refused == refused_.end()) continue;
    if (has<RunResumed>(append) && !has<CallReserved>(append)) {
      refused_.erase(refused);
    } else {
      append.outcome = refused->second;
    }
  }
}

Status SqliteAppender::commit(Group& group) {
  if (Status begun = sql_.begin.run(); !begun) return begun;
  std::map<RunId, Tip*> touched;
  Status written = write_group(group, touched);
  if (written.ok()) written = sql_.commit.run();
  if (!written) {
    if (database_->is_damaged()) written = damaged(written.error().message);
    was_full_ = database_->is_full();
    tips_.clear();  // they know of events that are not there
    // What failed is told by its own error. A rollback that fails too has nothing to add, except
    // that there is no second try then.
    if (database_->in_transaction() && !sql_.rollback.run().ok()) was_full_ = false;
    return written;
  }
  for (const auto& [run, tip] : touched) {
    const RunAccount& account = tip->account;
    heads_.write(run, {account.sequence, to_hex(account.hash), account.committed()});
  }
  if (!touched.empty()) heads_.name_latest(touched.rbegin()->first);
  if (tips_.size() > kMostTips) tips_.clear();
  return {};
}

Status SqliteAppender::write_group(Group& group, std::map<RunId, Tip*>& touched) {
  // In the transaction: a repair marks the journal first, and waits for those that have begun.
  if (Status usable = check_file(); !usable) return usable;
  if (Status fresh = forget_what_others_changed(); !fresh) return fresh;
  for (Append& append : group) {
    if (!append.outcome.ok()) continue;
    const Result<Tip*> tip = tip_for(append);
    if (!tip) return tip.error();
    if (*tip == nullptr) continue;
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
  if (version != data_version_) {
    for (auto& [run, tip] : tips_) tip.fresh = false;
  }
  data_version_ = version;
  return {};
}

// Where the events of `append` go on.
Result<SqliteAppender::Tip*> SqliteAppender::tip_for(Append& append) {
  const auto refuse = [&append](Error why) {
    append.outcome = std::move(why);
    return static_cast<Tip*>(nullptr);
  };
  if (!is_run_name(append.run))
    return refuse(input_error(fmt::format("{} cannot be the name of a run", shown(append.run))));
  const auto is_creation = [](const Event& e) { return std::holds_alternative<RunCreated>(e); };
  const bool creates = !append.events.empty() && is_creation(append.events.front());
  if (std::count_if(append.events.begin(), append.events.end(), is_creation) > (creates ? 1 : 0)) {
    return refuse(input_error(fmt::format("run {} is created after its first event", append.run)));
  }
  const bool known = tips_.contains(append.run);
  Result<Tip*> tip = load_tip(append.run);
  if (!tip) return tip;
  if (*tip != nullptr && creates)
    return refuse(input_error(fmt::format("run {} exists already", append.run)));
  if (*tip == nullptr && !creates)
    return refuse(not_found(fmt::format("there is no run {}", append.run)));
  if (creates) {
    if (Status free = check_key(std::get<RunCreated>(append.events.front()).key); !free)
      return refuse(free.error());
    *tip = &(tips_[append.run] = Tip{.summary = {.run = append.run}, .account = {}, .fresh = true});
  }
  if (known) return tip;
  if (Status whole = check_head(append.run, (*tip)->account); !whole) {
    tips_.erase(append.run);
    return refuse(whole.error());
  }
  return tip;
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
  const auto known = tips_.find(run);
  if (known != tips_.end() && known->second.fresh) return &known->second;
  sql_.find_run.start(run);
  const Result<bool> row = sql_.find_run.next();
  if (!row) return row.error();
  if (!*row) {
    tips_.erase(run);
    return static_cast<Tip*>(nullptr);
  }
  const Statement& s = sql_.find_run;
  Tip tip;
  tip.fresh = true;
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
  const std::string hash(s.text(9));
  if (const Result<bool> end = sql_.find_run.next(); !end) return end.error();

  tip.account = known != tips_.end() ? std::move(known->second.account)
                                     : sound_->take(run).value_or(RunAccount());
  if (tip.account.sequence > tip.summary.events) tip.account = RunAccount();
  if (Status counted = catch_up(run, tip.summary, tip.account); !counted) return counted.error();
  if (bytes_of(tip.account.hash) != hash) {
    return damaged(fmt::format("run {}: the last of its {} events is not what was written", run,
                               tip.summary.events));
  }
  return &(tips_[run] = std::move(tip));
}

Status SqliteAppender::catch_up(const RunId& run, const RunSummary& summary, RunAccount& account) {
  if (account.sequence == summary.events) return {};
  Statement& row = sql_.read_events;
  for (row.start(run, account.sequence);;) {
    const Result<bool> more = row.next();
    if (!more) return more.error();
    if (!*more) break;
    account.hash = chained(account.hash, row.text(1), row.text(2));
    ++account.sequence;
    Status counted = count_money(account, row.text(1), row.text(2));
    if (counted.ok() && row.integer(0) == account.sequence && bytes_of(account.hash) == row.text(3))
      continue;
    if (counted.ok()) {
      counted =
          damaged(fmt::format("run {}: event {} is not what was written", run, account.sequence));
    }
    row.start(run, account.sequence);  // an unfinished read would hold its snapshot
    return counted;
  }
  if (account.sequence == summary.events) return {};
  return damaged(fmt::format("run {} has {} events, and {} are listed", run, account.sequence,
                             summary.events));
}

Status SqliteAppender::check_head(const RunId& run, const RunAccount& account) const {
  const std::string last = fmt::format(
      "it does not go on before its head is made anew: `baton verify` says more, `baton repair {}` "
      "does that",
      run);
  const Result<std::optional<Head>> head = read_head(folder_ / "heads" / run);
  if (!head) return storage_error(fmt::format("run {}: {}; {}", run, head.error().message, last));
  if (!*head || (*head)->sequence < account.sequence) return {};
  if ((*head)->sequence > account.sequence) {
    return damaged(fmt::format("run {}: its last {} events are lost", run,
                               (*head)->sequence - account.sequence));
  }
  if ((*head)->hash == to_hex(account.hash)) return {};
  return storage_error(
      fmt::format("run {}: its event {} is not the one that heads/{} remembers; {}", run,
                  account.sequence, run, last));
}

Error SqliteAppender::damaged(std::string what) const {
  // Where it cannot be marked this process stops all the same, and the next finds it out itself.
  (void)mark_damaged(folder_, what);
  return only_read(folder_, what);
}

Status SqliteAppender::write_run(const RunSummary& s) {
  return sql_.put_run.run(s.run, s.workflow, s.title, s.created.unix_ms(), s.updated.unix_ms(),
                          s.status, s.spent.picodollars(), s.events, s.project, s.key);
}

Status SqliteAppender::write_events(const Append& append, Tip& tip) {
  for (const Event& event : append.events) {
    const EventText text = write_event(event);
    apply(tip.summary, event);
    RunAccount& account = tip.account;
    account.sequence = tip.summary.events;
    account.hash = chained(account.hash, text.type, text.body);
    count_money(account, event);
    if (Status put = sql_.put_event.run(append.run, account.sequence, text.type, text.body,
                                        Bytes{bytes_of(account.hash)});
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
