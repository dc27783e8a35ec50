#include "memory/memory_schema.h"

#include <fmt/format.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "store/file.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kApplicationId = 0x62616D65;  // "bame": how `file` knows it too
constexpr Millis kBusyTimeout = Millis::seconds(10);

constexpr const char* kFormat1 = R"sql(
CREATE TABLE facts (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a person may have noted it
  project   TEXT NOT NULL,
  text      TEXT NOT NULL,
  same      TEXT NOT NULL,     -- the text as it is compared
  run       TEXT NOT NULL,     -- who proposed it first; empty: a person
  task      TEXT NOT NULL,
  worker    TEXT NOT NULL,
  state     TEXT NOT NULL,     -- proposed, kept, dropped
  why       TEXT NOT NULL,
  at        INTEGER NOT NULL,  -- milliseconds since 1970
  shown     INTEGER NOT NULL,
  by_person INTEGER NOT NULL,  -- 1: a person decided its state, no rule changes it
  kept_of   TEXT NOT NULL,     -- the run whose settling kept it, or empty
  UNIQUE (project, same)
) STRICT;
CREATE INDEX facts_by_run ON facts (kept_of);

CREATE TABLE proposals (       -- one fact may come from several tasks
  run  TEXT NOT NULL,          -- columns as in the key: else SQLite 3.40 wrongly finds damage
  task TEXT NOT NULL,
  fact INTEGER NOT NULL REFERENCES facts (id),
  PRIMARY KEY (run, task, fact)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE facts_text USING fts5 (
  text, content = 'facts', content_rowid = 'id', tokenize = 'porter unicode61');
CREATE TRIGGER facts_added AFTER INSERT ON facts BEGIN
  INSERT INTO facts_text (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER facts_removed AFTER DELETE ON facts BEGIN
  INSERT INTO facts_text (facts_text, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER facts_changed AFTER UPDATE OF text ON facts BEGIN
  INSERT INTO facts_text (facts_text, rowid, text) VALUES ('delete', old.id, old.text);
  INSERT INTO facts_text (rowid, text) VALUES (new.id, new.text);
END;
)sql";

// What leads from each format to the next, the first one from nothing: a new format is one more.
constexpr std::array kSteps = {kFormat1};
constexpr auto kFormat = static_cast<std::int64_t>(kSteps.size());

Error damaged(const fs::path& file, std::string_view what) {
  return storage_error(fmt::format(
      "the memory {} is damaged ({}): move it away, and a new one is made; runs and their journal "
      "are not touched by this",
      file.string(), what));
}

// What SQLite itself would only call "not a database".
Status check_beginning(const fs::path& file) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const std::optional<std::string> beginning = read_beginning(file, kMagic.size());
  if (!beginning || beginning->empty() || *beginning == kMagic) return {};
  return damaged(file, "it is not an SQLite database");
}

Status check_contents(const Database& database) {
  const Result<std::string> found = database.text("PRAGMA quick_check(1)");
  if (!found) return damaged(database.file(), found.error().message);
  if (*found != "ok") return damaged(database.file(), *found);
  return {};
}

Status bring_up_to_date(Database& database) {
  const Result<FileFormat> format = database.format(kApplicationId, kFormat);
  if (!format) return format.error();
  if (format->number == kFormat) return {};
  std::string sql = "BEGIN IMMEDIATE;";
  for (std::int64_t step = format->number; step < kFormat; ++step) {
    sql += kSteps.at(static_cast<std::size_t>(step));
  }
  sql += fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                     kApplicationId, kFormat);
  return database.execute(sql.c_str());
}

// One process at a time makes the tables or brings them up to date.
Result<Fd> lock(const fs::path& state) {
  const fs::path file = state / "memory.lock";
  Result<Fd> fd = open_private_file(file);
  if (!fd) return fd.error();
  while (::flock(fd->get(), LOCK_EX) != 0) {
    if (errno != EINTR) {
      return storage_error(fmt::format("locking {}: {}", file.string(), std::strerror(errno)));
    }
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<Database>> open_memory_file(const fs::path& state) {
  if (Status made = make_private_folder(state); !made) return made.error();
  const Result<Fd> locked = lock(state);
  if (!locked) return locked.error();
  const fs::path file = state / "memory.db";
  if (const Result<Fd> made = open_private_file(file); !made) return made.error();
  if (Status sound = check_beginning(file); !sound) return sound.error();
  Result<std::unique_ptr<Database>> database =
      Database::open(file, Database::Mode::kReadWrite, kBusyTimeout);
  if (!database) return database.error();
  if (Status sound = check_contents(**database); !sound) return sound.error();
  if (Status current = bring_up_to_date(**database); !current) return current.error();
  // NORMAL: a power cut may take the latest facts, which the journal of their run still tells.
  if (Status set = (*database)->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                                        "PRAGMA foreign_keys = ON;");
      !set) {
    return set.error();
  }
  return database;
}

}  // namespace baton
