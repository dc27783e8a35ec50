// SQLite as values that close themselves: a connection, a statement. Errors come back complete:
// what was being done, to which file, what SQLite said, what to do about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace baton {

class Database;

// Bytes that are no text: bound and stored as a BLOB.
struct Bytes {
  std::string_view view;
};

// A prepared statement. Does not outlive its Database; one thread at a time.
class Statement {
 public:
  Statement() = default;  // none yet: to be assigned

  // Binds `values` to ?1, ?2, … and runs the statement to its end; rows are not looked at.
  template <typename... Value>
  Status run(const Value&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return finish();
  }

  // Binds `values` and makes ready for next(). Text and bytes bound must live until the last row.
  template <typename... Value>
  void start(const Value&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
  }
  // True: a row is there to be read; false: that was all.
  Result<bool> next();

  // Binds `values`; whether there is a row at all.
  template <typename... Value>
  Result<bool> finds(const Value&... values) {
    start(values...);
    Result<bool> found = next();
    reset();
    return found;
  }

  // Of the current row, columns from 0; views live until the next call of next(), start() or run().
  std::string_view text(int column) const;  // of TEXT or BLOB
  std::int64_t integer(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* handle, const Database& database);

  void bind(int index, std::int64_t number);
  void bind(int index, std::string_view text);
  void bind(int index, Bytes bytes);
  Status finish();
  void reset();

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  const Database* database_ = nullptr;
};

// What a file of ours is: its user_version; fresh where nothing has been made in it yet.
struct FileFormat {
  std::int64_t number = 0;
  bool fresh = false;
};

// A connection. One thread at a time. Stays where it is: its statements point to it.
class Database {
 public:
  enum class Mode { kRead, kReadWrite };
  // The file must be there. `busy_timeout`: how long a lock of another connection is waited for.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode,
                                                Millis busy_timeout);

  Status execute(const char* sql);  // any number of statements
  Result<Statement> prepare(std::string_view sql) const;
  Result<std::int64_t> integer(std::string_view sql) const;  // the first column of the first row
  Result<std::string> text(std::string_view sql) const;      // likewise

  // Whose file this is, as its header says. kStorage if it is another program's, or of a format
  // later than `known`: that one is left as it is.
  Result<FileFormat> format(std::int64_t application, std::int64_t known) const;

  // The latest error of this connection, kStorage.
  Error failure() const;
  bool in_transaction() const;
  // Whether the latest error says that there is no room left, and nothing worse.
  bool is_full() const;
  // Whether the latest error says that the file is not what was written.
  bool is_damaged() const;
  // Whether it says that a statement names what is not there; that another connection writes; that
  // the file may not be written.
  bool lacks_tables() const;
  bool is_locked() const;
  bool is_write_protected() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  Database(std::filesystem::path file, Mode mode) : file_(std::move(file)), mode_(mode) {}

  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::filesystem::path file_;
  Mode mode_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace baton
