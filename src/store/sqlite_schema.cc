#include "store/sqlite_schema.h"

#include <fmt/format.h>
#include <unistd.h>

#include "store/file.h"

namespace baton {
namespace {

constexpr std::int64_t kApplicationId = 0x6261746F;  // "bato": how `file` knows it too

constexpr const char* kTables = R"sql(
CREATE TABLE runs (
  run      TEXT PRIMARY KEY NOT NULL,
  workflow TEXT NOT NULL,
  title    TEXT NOT NULL,
  created  INTEGER NOT NULL,  -- milliseconds since 1970
  updated  INTEGER NOT NULL,
  status   TEXT NOT NULL,
  spent    INTEGER NOT NULL,  -- picodollars
  events   INTEGER NOT NULL,
  project  TEXT NOT NULL DEFAULT ''  -- since format 2
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  run  TEXT NOT NULL REFERENCES runs (run) DEFERRABLE INITIALLY DEFERRED,
  seq  INTEGER NOT NULL,      -- 1, 2, 3, ... within the run
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL,         -- SHA-256 of: hash of seq - 1 (32 zero bytes before the first), type, 0, body
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
  id     TEXT PRIMARY KEY NOT NULL,  -- SHA-256 of the text, hex
  coding INTEGER NOT NULL,           -- 0: as it is, 1: zstd
  size   INTEGER NOT NULL,           -- of the text, in bytes
  data   BLOB NOT NULL
) STRICT;
)sql";

// Since format 2.
constexpr const char* kDayShares = R"sql(
CREATE TABLE day_shares (     -- what runs may promise of their project's cap for a day
  project TEXT NOT NULL,
  day     TEXT NOT NULL,      -- UTC, 2026-11-20
  run     TEXT NOT NULL,
  share   INTEGER NOT NULL,   -- picodollars
  PRIMARY KEY (project, day, run)
) STRICT, WITHOUT ROWID;
)sql";

// Since format 4: one run for each key its submitter gave; what repairs have done.
constexpr const char* kKeys = R"sql(
ALTER TABLE runs ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX runs_by_key ON runs (key) WHERE key <> '';
CREATE TABLE repairs (        -- what was accepted as lost
  at     INTEGER NOT NULL,
  run    TEXT NOT NULL,       -- empty: the store itself
  kept   INTEGER NOT NULL,    -- events
  lost   INTEGER NOT NULL,    -- likewise; -1: their number is not known
  amount INTEGER NOT NULL,    -- picodollars booked for them
  what   TEXT NOT NULL,
  backup TEXT NOT NULL        -- the file that what was there is kept in; empty: nothing was replaced
) STRICT;
CREATE TABLE lost_texts (     -- that events name, and that no repair could save
  id TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kAllTables = "SELECT 1 FROM runs, events, blobs";

Status make_tables(Database& database) {
  const std::string sql = fmt::format(
      "BEGIN IMMEDIATE; PRAGMA application_id = {}; PRAGMA user_version = {}; {} {} {} COMMIT;",
      kApplicationId, kJournalFormat, kTables, kDayShares, kKeys);
  return database.execute(sql.c_str());
}

// Format 3 has new types of events, and no new table.
Status bring_up_to_date(Database& database, std::int64_t format) {
  const std::string since_2 =
      format >= 2 ? std::string()
                  : fmt::format("ALTER TABLE runs ADD COLUMN project TEXT NOT NULL DEFAULT ''; {}",
                                kDayShares);
  const char* since_4 = format >= 4 ? "" : kKeys;
  const std::string sql = fmt::format("BEGIN IMMEDIATE; PRAGMA user_version = {}; {} {} COMMIT;",
                                      kJournalFormat, since_2, since_4);
  return database.execute(sql.c_str());
}

// Makes an empty file a journal; refuses a file that is something else.
Status recognise(Database& database) {
  const Result<FileFormat> format = database.format(kApplicationId, kJournalFormat);
  if (!format) return format.error();
  if (format->fresh) {
    const Status made = make_tables(database);
    if (made.ok()) return made;
    // Another process may have made them between our look and our lock; ours is then still open.
    (void)database.execute("ROLLBACK");
    const Result<std::int64_t> again = database.integer("PRAGMA application_id");
    return again && *again == kApplicationId ? recognise(database) : made;
  }
  if (format->number < kJournalFormat) return bring_up_to_date(database, format->number);
  return {};
}

// A process whose last commit could not be forced to the disk may have left it in the log all the
// same: read from the system's memory it looks whole, yet no later fsync writes it, and what is
// appended behind it would be lost with it in a power cut. So the log is emptied into the database,
// which writes it anew. Others that have the journal open have done so before: nobody is waited
// for.
Status make_durable_what_was_found(Database& database, Millis busy_timeout) {
  const std::string sql = fmt::format(
      "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = {};",
      busy_timeout.count());
  return database.execute(sql.c_str());
}

// From a file that is open to a journal that can be written.
Status make_ready(Database& database, Millis busy_timeout) {
  if (Status known = recognise(database); !known) return known;
  const Result<std::string> mode = database.text("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") {
    return storage_error(
        fmt::format("{}: its file system does not carry a write-ahead log (SQLite stays in mode "
                    "'{}'): name a folder on a local disk with --state DIR",
                    database.file().string(), *mode));
  }
  // FULL: in WAL mode anything less loses the latest commits in a power cut. A log of 4 MB, soon
  // written over again: a commit that makes a file longer also waits for the file system's own
  // journal, and so for about twice as long.
  if (Status set = database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                                    "PRAGMA wal_autocheckpoint = 1000;");
      !set) {
    return set;
  }
  if (Status kept = make_durable_what_was_found(database, busy_timeout); !kept) return kept;
  const Result<Statement> tables = database.prepare(kAllTables);
  return tables ? Status() : Status(tables.error());
}

}  // namespace

Result<std::unique_ptr<Database>> open_journal_file(const std::filesystem::path& file,
                                                    Millis busy_timeout) {
  // Made here, since SQLite would leave the permissions to the umask; its -wal and -shm files take
  // the permissions of this one.
  if (const Result<Fd> made = open_private_file(file); !made) return made.error();

  Result<std::unique_ptr<Database>> database =
      Database::open(file, Database::Mode::kReadWrite, busy_timeout);
  if (!database) return database.error();
  if (Status ready = make_ready(**database, busy_timeout); !ready) return ready.error();
  return database;
}

std::optional<std::string> damage_that_bars(const std::filesystem::path& file,
                                            Millis busy_timeout) {
  const Result<std::unique_ptr<Database>> database =
      Database::open(file, Database::Mode::kReadWrite, busy_timeout);
  if (!database) return std::nullopt;
  const Status ready = make_ready(**database, busy_timeout);
  if (ready.ok()) return std::nullopt;
  if ((*database)->is_damaged() || (*database)->lacks_tables()) return ready.error().message;
  // The header may say what is not so: that nobody may write, or that it is another program's.
  if ((*database)->is_write_protected() && ::access(file.c_str(), W_OK) == 0)
    return ready.error().message;
  const Result<std::int64_t> owner = (*database)->integer("PRAGMA application_id");
  const bool ours = (*database)->prepare(kAllTables).ok();
  return owner && ours && *owner != kApplicationId ? std::optional(ready.error().message)
                                                   : std::nullopt;
}

}  // namespace baton
