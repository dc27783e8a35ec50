#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace baton {
namespace {

bool out_of_space(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT ||
         system_error == EFBIG;
}

// What a person can do about it.
std::string remedy(int code, int system_error, const std::filesystem::path& file) {
  const std::string folder = file.parent_path().string();
  if (out_of_space(code, system_error)) {
    return fmt::format("there is no room left for {}: free some space on its disk", folder);
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process keeps it locked: wait for that process or end it, then try again";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return fmt::format(
          "make {} readable and writable for this user, or name another folder with --state DIR",
          folder);
    case SQLITE_NOTADB:
      return "this file is not a journal of baton, or its beginning is damaged: `baton repair` "
             "saves what is left of a journal; if it is something else, move it away, or name "
             "another folder "
             "with --state DIR";
    case SQLITE_CORRUPT:
      return "the file is damaged: `baton verify` says more, `baton repair` keeps a copy and saves "
             "what is sound";
    default:
      return fmt::format("check the disk and the permissions of {}", folder);
  }
}

}  // namespace

// ---- Statement ----

Statement::Statement(sqlite3_stmt* handle, const Database& database)
    : handle_(handle), database_(&database) {}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

// A failed bind leaves NULL in place, which the tables' NOT NULL refuses: finish() reports it.
void Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(handle_.get(), index, number);
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, Bytes bytes) {
  // No bytes are still bytes: a null pointer would be bound as NULL.
  const char* data = bytes.view.data() == nullptr ? "" : bytes.view.data();
  sqlite3_bind_blob64(handle_.get(), index, data, bytes.view.size(), SQLITE_STATIC);
}

Status Statement::finish() {
  errno = 0;
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(handle_.get());
  Status status;
  if (code != SQLITE_DONE) status = database_->failure();
  reset();
  return status;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

Result<bool> Statement::next() {
  errno = 0;
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      // An unfinished read would hold its snapshot, and the log behind it could never be emptied.
      reset();
      return false;
    default:
      const Error error = database_->failure();
      reset();
      return error;
  }
}

std::string_view Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

// ---- Database ----

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode,
                                                 Millis busy_timeout) {
  std::unique_ptr<Database> database(new Database(file, mode));
  const int access = mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  errno = 0;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX, /*zVfs=*/nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return database->failure();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return database;
}

Status Database::execute(const char* sql) {
  errno = 0;
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  errno = 0;
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK) {
    return failure();
  }
  return Statement(handle, *this);
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->next();
  if (!row) return row.error();
  if (!*row) return std::int64_t{0};
  const std::int64_t value = statement->integer(0);
  if (const Result<bool> end = statement->next(); !end) return end.error();
  return value;
}

Result<std::string> Database::text(std::string_view sql) const {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->next();
  if (!row) return row.error();
  if (!*row) return std::string();
  std::string value(statement->text(0));
  // To its end: a change of the journal's mode tells the new one first, and fails after that.
  if (const Result<bool> end = statement->next(); !end) return end.error();
  return value;
}

Result<FileFormat> Database::format(std::int64_t application, std::int64_t known) const {
  const Result<std::int64_t> marked = integer("PRAGMA application_id");
  if (!marked) return marked.error();
  const Result<std::int64_t> number = integer("PRAGMA user_version");
  if (!number) return number.error();
  const Result<std::int64_t> tables = integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  const bool fresh = *tables == 0 && *marked == 0;
  if (!fresh && *marked != application) {
    return storage_error(
        fmt::format("{} is a database of another program: move it away, or name another folder "
                    "with --state DIR",
                    file_.string()));
  }
  if (*number > known) {
    return storage_error(fmt::format(
        "{} was written by a later version of baton (format {}, this version knows {}): use that "
        "version, or name another folder with --state DIR",
        file_.string(), *number, known));
  }
  return FileFormat{.number = *number, .fresh = fresh};
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool Database::is_full() const {
  return (sqlite3_extended_errcode(handle_.get()) & 0xff) == SQLITE_FULL;
}

bool Database::is_damaged() const {
  const int code = sqlite3_extended_errcode(handle_.get()) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

bool Database::lacks_tables() const {
  return sqlite3_extended_errcode(handle_.get()) == SQLITE_ERROR;
}

bool Database::is_locked() const {
  return (sqlite3_extended_errcode(handle_.get()) & 0xff) == SQLITE_BUSY;
}

bool Database::is_write_protected() const {
  return sqlite3_extended_errcode(handle_.get()) == SQLITE_READONLY;
}

Error Database::failure() const {
  // SQLite forgets why most writes failed; errno, cleared before each step, still knows (a quota
  // and a limit on file sizes are only told apart from a broken disk by it).
  const int kept_by_system = errno;
  const int kept_by_sqlite = sqlite3_system_errno(handle_.get());
  const int system_error = kept_by_sqlite != 0 ? kept_by_sqlite : kept_by_system;
  const int code = sqlite3_extended_errcode(handle_.get());
  std::string said = fmt::format("{} (SQLite {})", sqlite3_errmsg(handle_.get()), code);
  const bool system_said = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  if (system_said && system_error != 0) said += fmt::format(", {}", std::strerror(system_error));
  return storage_error(fmt::format("{} {}: {}; {}", mode_ == Mode::kRead ? "reading" : "writing to",
                                   file_.string(), said,
                                   remedy(code, system_said ? system_error : 0, file_)));
}

}  // namespace baton
