#include "store/sqlite_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <mutex>

#include "store/append_queue.h"
#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/damage_mark.h"
#include "store/event_format.h"
#include "store/file.h"
#include "store/head_files.h"
#include "store/journal_replacement.h"
#include "store/run_account.h"
#include "store/run_lease.h"
#include "store/sqlite.h"
#include "store/sqlite_appender.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_verify.h"

namespace baton {
namespace {

struct Places {
  explicit Places(const std::filesystem::path& state)
      : folder(state),
        database(state / "baton.db"),
        heads(state / "heads"),
        leases(state / "leases") {}
  std::filesystem::path folder, database, heads, leases;
};

class SqliteJournal : public Journal {
 public:
  SqliteJournal(Places places, Millis busy_timeout, std::unique_ptr<Database> reader,
                std::unique_ptr<SqliteAppender> appender, std::shared_ptr<SoundRuns> sound,
                std::shared_ptr<SpareRoom> room, AppendQueue::Post post)
      : places_(std::move(places)),
        busy_timeout_(busy_timeout),
        reader_(std::move(reader)),
        sound_(std::move(sound)),
        room_(std::move(room)),
        appender_(std::move(appender)),
        queue_([this](std::vector<Append>& group) { return appender_->append(group); },
               std::move(post)) {}

  void append(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
              std::function<void(Status)> done) override {
    queue_.push({run, std::move(events), std::move(blobs), std::move(done), {}, {}});
  }

  void allot(const RunId& run, const DayCap& cap, Money amount,
             std::function<void(Result<Money>)> done) override {
    Allotment asked{cap, amount, std::make_shared<Money>()};
    auto answer = [done = std::move(done), granted = asked.granted](const Status& status) {
      done(status ? Result<Money>(*granted) : Result<Money>(status.error()));
    };
    queue_.push({run, {}, {}, std::move(answer), std::move(asked), {}});
  }

  Result<std::vector<Event>> events(const RunId& run) override;
  Result<std::string> blob(const BlobId& id) override;
  Result<std::vector<RunSummary>> runs() override;
  Result<std::optional<RunId>> run_with_key(const std::string& key) override;

  Result<std::unique_ptr<RunLease>> lease(const RunId& run) override {
    return lock_run(places_.leases, run);
  }

  // On a connection of its own: it takes long, and other reads need not wait for it.
  Result<std::vector<Damage>> verify() override {
    Result<std::unique_ptr<Database>> database =
        Database::open(places_.database, Database::Mode::kRead, busy_timeout_);
    if (!database) return database.error();
    std::vector<Damage> found = verify_journal(**database, places_.heads);
    note(found);
    return found;
  }

  bool is_short_of_room() const override { return room_->is_short_to_begin(); }

 private:
  Result<std::vector<Event>> read_events(const RunId& run);
  Error damaged(std::string what) const;
  void note(std::vector<Damage>& found) const;

  const Places places_;
  const Millis busy_timeout_;
  std::mutex reading_;
  std::unique_ptr<Database> reader_;  // guarded by reading_
  std::shared_ptr<SoundRuns> sound_;
  std::shared_ptr<SpareRoom> room_;
  std::unique_ptr<SqliteAppender> appender_;  // the queue's thread only
  AppendQueue queue_;                         // last: it ends first
};

// From here on nothing is written: by this process, or by any other.
Error SqliteJournal::damaged(std::string what) const {
  (void)mark_damaged(places_.folder, what);
  return only_read(places_.folder, what);
}

std::string told(const Damage& damage) {
  return damage.run.empty() ? damage.what : fmt::format("run {}: {}", damage.run, damage.what);
}

// What a verification has found holds for whoever comes next.
void SqliteJournal::note(std::vector<Damage>& found) const {
  const auto grave = std::find_if(found.begin(), found.end(), [](const Damage& damage) {
    return damage.kind == DamageKind::kBroken || damage.kind == DamageKind::kLostTail;
  });
  if (grave != found.end()) {
    (void)mark_damaged(places_.folder, told(*grave));
  } else if (const auto mark = damage_mark(places_.folder)) {
    found.push_back(
        {{}, fmt::format("it is marked as damaged ({}), and nothing is found now", *mark)});
  }
}

Result<std::vector<Event>> SqliteJournal::events(const RunId& run) {
  const std::lock_guard lock(reading_);
  Result<std::vector<Event>> events = read_events(run);
  if (!events && reader_->is_damaged()) return damaged(events.error().message);
  return events;
}

Result<std::vector<Event>> SqliteJournal::read_events(const RunId& run) {
  Result<Statement> rows =
      reader_->prepare("SELECT type, body, hash FROM events WHERE run = ?1 ORDER BY seq");
  if (!rows) return rows.error();
  rows->start(run);
  std::vector<Event> events;
  RunAccount account;
  for (;;) {
    const Result<bool> row = rows->next();
    if (!row) return row.error();
    if (!*row) break;
    // A state folded from other events than were written is a wrong one: it would act on it.
    account.hash = chained(account.hash, rows->text(0), rows->text(1));
    ++account.sequence;
    if (bytes_of(account.hash) != rows->text(2)) {
      return damaged(
          fmt::format("run {}: event {} is not what was written", run, account.sequence));
    }
    Result<Event> event = read_event(rows->text(0), rows->text(1));
    if (!event) {
      return storage_error(
          fmt::format("run {}: event {}: {}", run, account.sequence, event.error().message));
    }
    count_money(account, *event);
    events.push_back(std::move(*event));
  }
  if (events.empty()) {
    return not_found(fmt::format("there is no run '{}' in {}; `baton runs` lists them",
                                 run.substr(0, 80), places_.folder.string()));
  }
  sound_->put(run, std::move(account));
  return events;
}

Result<std::string> SqliteJournal::blob(const BlobId& id) {
  const std::lock_guard lock(reading_);
  Result<Statement> row = reader_->prepare("SELECT coding, size, data FROM blobs WHERE id = ?1");
  if (!row) return row.error();
  row->start(id);
  const Result<bool> found = row->next();
  if (!found) return reader_->is_damaged() ? damaged(found.error().message) : found.error();
  if (!*found) {
    return not_found(
        fmt::format("the journal in {} holds no text {}", places_.folder.string(), id));
  }
  Result<std::string> text = decompress(row->integer(0), row->text(2), row->integer(1));
  if (!text) {
    return damaged(fmt::format("stored text {} cannot be read: {}", id, text.error().message));
  }
  if (sha256_hex(*text) != id) {
    return damaged(
        fmt::format("stored text {} is not what was written: its hash does not fit", id));
  }
  return text;
}

Result<std::vector<RunSummary>> SqliteJournal::runs() {
  const std::lock_guard lock(reading_);
  Result<Statement> rows = reader_->prepare(
      "SELECT run, workflow, title, created, updated, status, spent, events, project, key FROM "
      "runs "
      "ORDER BY created DESC, run");
  if (!rows) return rows.error();
  std::vector<RunSummary> runs;
  for (;;) {
    const Result<bool> row = rows->next();
    if (!row) return reader_->is_damaged() ? damaged(row.error().message) : row.error();
    if (!*row) return runs;
    runs.push_back({.run = std::string(rows->text(0)),
                    .workflow = std::string(rows->text(1)),
                    .title = std::string(rows->text(2)),
                    .project = std::string(rows->text(8)),
                    .key = std::string(rows->text(9)),
                    .created = Instant::from_unix_ms(rows->integer(3)),
                    .updated = Instant::from_unix_ms(rows->integer(4)),
                    .status = std::string(rows->text(5)),
                    .spent = Money::pico(rows->integer(6)),
                    .events = static_cast<int>(rows->integer(7))});
  }
}

Result<std::optional<RunId>> SqliteJournal::run_with_key(const std::string& key) {
  const std::lock_guard lock(reading_);
  Result<Statement> row = reader_->prepare("SELECT run FROM runs WHERE key = ?1 AND key <> ''");
  if (!row) return row.error();
  row->start(key);
  const Result<bool> found = row->next();
  if (!found) return found.error();
  return *found ? std::optional<RunId>(row->text(0)) : std::nullopt;
}

// Held while a journal is opened: processes that find it new together would fail over its making
// and over the change to WAL mode, neither of which SQLite waits for. Without effect where the file
// system knows no locks: the leases say so.
Fd lock_while_opening(const std::filesystem::path& folder) {
  Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) (void)::flock(opened.get(), LOCK_EX);
  return opened;
}

}  // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(
    const std::filesystem::path& folder, std::function<void(std::function<void()>)> post,
    Millis busy_timeout, FreeSpace free) {
  // Absolute: messages name a place one can go to, and a later change of directory moves nothing.
  std::error_code error;
  const Places places(std::filesystem::absolute(folder, error));
  if (error) return storage_error(fmt::format("finding {}: {}", folder.string(), error.message()));
  if (Status status = make_private_folder(places.folder); !status) return status.error();
  const Fd alone = lock_while_opening(places.folder);
  if (const Result<bool> whole = finish_replacement(places.folder); !whole) return whole.error();
  for (const auto& made : {places.heads, places.leases}) {
    if (Status status = make_private_folder(made); !status) return status.error();
  }
  // Never an empty journal in the place of one that is gone, or is being repaired.
  if (!std::filesystem::exists(places.database, error) && latest_run(places.heads)) {
    if (Status marked = mark_damaged(places.folder, "its database is gone, and heads tell of runs");
        !marked) {
      return marked.error();
    }
  }
  if (const auto mark = damage_mark(places.folder);
      mark && !std::filesystem::exists(places.database, error)) {
    return only_read(places.folder, *mark);
  }
  Result<std::unique_ptr<Database>> writer = open_journal_file(places.database, busy_timeout);
  if (!writer) return writer.error();
  Result<std::unique_ptr<Database>> reader =
      Database::open(places.database, Database::Mode::kRead, busy_timeout);
  if (!reader) return reader.error();
  // What is missing was promised, and perhaps billed: nothing more is, on top of it.
  if (const auto lost = look_at_latest(**reader, places.heads)) {
    if (Status marked = mark_damaged(places.folder, told(*lost)); !marked) return marked.error();
  }
  auto sound = std::make_shared<SoundRuns>();
  auto room = std::make_shared<SpareRoom>(places.folder, std::move(free));
  Result<std::unique_ptr<SqliteAppender>> appender =
      SqliteAppender::make(std::move(*writer), sound, room);
  if (!appender) return appender.error();
  return std::unique_ptr<Journal>(
      std::make_unique<SqliteJournal>(places, busy_timeout, std::move(*reader),
                                      std::move(*appender), sound, room, std::move(post)));
}

std::optional<Damage> damage_that_bars_journal(const std::filesystem::path& folder,
                                               Millis busy_timeout) {
  std::error_code error;
  const Places places(std::filesystem::absolute(folder, error));
  if (error) return std::nullopt;
  if (!std::filesystem::exists(places.database, error)) {
    const auto mark = damage_mark(places.folder);
    return mark ? std::optional(Damage{.run = {}, .what = "it cannot be opened: " + *mark})
                : std::nullopt;
  }
  const auto why = damage_that_bars(places.database, busy_timeout);
  return why ? std::optional(Damage{.run = {}, .what = "it cannot be opened: " + *why})
             : std::nullopt;
}

}  // namespace baton
