// A connection to PostgreSQL that closes itself, and batches of statements that travel together
// (pipeline mode): one way there and one way back, however many they are.
//
//   connection.send(kBegin); connection.send(kPut, run, 7, Bytes…); … connection.sync() → rows of
//   each
//
// Every column of a statement is text or bytea (`::text` where it is another type): results come
// in binary, where those two are their own bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/postgres_address.h"

struct pg_conn;
struct pg_result;

namespace baton {

struct PgBytes {
  std::string_view view;  // sent as bytea
};

// A text as a column can keep it: well-formed, and without the zero bytes that PostgreSQL refuses.
std::string pg_text(std::string_view text);
// The same as part of an index, where long ones have no room: their hash stands for them.
std::string pg_key(std::string_view text);
// As a value of type text[].
std::string pg_array(const std::vector<std::string>& elements);
std::string pg_numbers(const std::vector<std::int64_t>& numbers);  // of type bigint[]

// `name` is the statement's own: it is prepared once for each connection.
struct PgStatement {
  const char* name;
  const char* sql;
};

// What a statement gave back.
class PgRows {
 public:
  explicit PgRows(pg_result* result);
  int count() const;
  int affected() const;  // rows that INSERT, UPDATE or DELETE touched
  bool null(int row, int column) const;
  // Views live as long as the rows.
  std::string_view text(int row, int column) const;
  std::int64_t integer(int row, int column) const;  // 0 if it is none
  bool truth(int row, int column) const;            // of a boolean that was cast to text

 private:
  std::shared_ptr<pg_result> result_;
};

// What to do about a failure.
enum class PgTrouble {
  kNone,
  kLost,     // the connection is gone: whether the last batch was done is not known
  kAgain,    // the server undid it for another's sake (deadlock, lock timeout): try it again
  kRefused,  // it would be refused again
};

struct PgSession {
  Millis answer_within = Millis::seconds(60);  // a server that takes longer is as good as lost
  std::string_view purpose;                    // for pg_stat_activity: "journal", "heartbeat"
};

// One thread at a time.
class PgConnection {
 public:
  // kStorage, saying what to do, if the server cannot be reached or does not keep what it says it
  // keeps (fsync, full_page_writes, synchronous_commit).
  static Result<std::unique_ptr<PgConnection>> open(const PostgresAddress& address,
                                                    const PgSession& session);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // Puts a statement into the batch. Values: integers, texts, PgBytes.
  template <typename... Value>
  void send(const PgStatement& statement, const Value&... values) {
    Values bound;
    (bound.add(values), ...);
    put(statement, bound);
  }
  // Sends what is left of the batch and waits for all of it: the rows of each statement, in order.
  // After an error the rest of the batch was not done; trouble() says what to do.
  Result<std::vector<PgRows>> sync();

  // One statement by itself.
  template <typename... Value>
  Result<PgRows> run(const PgStatement& statement, const Value&... values) {
    send(statement, values...);
    Result<std::vector<PgRows>> rows = sync();
    if (!rows) return rows.error();
    return std::move(rows->front());
  }
  // Any number of statements, unprepared. Requires: no batch is begun.
  Status run_script(const std::string& sql);

  PgTrouble trouble() const { return trouble_; }
  const std::string& sql_state() const { return sql_state_; }  // of the last failure

  int socket() const;
  // Whether a channel that is listened to was notified since the last call. None: the connection is
  // gone. Does not wait.
  std::optional<bool> noticed();

 private:
  struct Values {
    void add(std::string_view text) {
      texts.emplace_back(text);
      binary.push_back(0);
    }
    void add(PgBytes bytes) {
      texts.emplace_back(bytes.view);
      binary.push_back(1);
    }
    void add(std::int64_t number) { add(std::string_view(std::to_string(number))); }
    void add(int number) { add(std::int64_t{number}); }
    void add(bool truth) { add(std::string_view(truth ? "t" : "f")); }
    void add(const char* text) { add(std::string_view(text)); }
    std::vector<std::string> texts;
    std::vector<int> binary;
  };
  struct Sent {
    bool prepares = false;
    const char* name = nullptr;
  };

  PgConnection(const PostgresAddress& address, const PgSession& session, pg_conn* handle);

  Status set_up();
  void put(const PgStatement& statement, const Values& values);
  bool flush();
  bool wait_for_input();
  Error fail(PgTrouble trouble, std::string_view what);
  Error fail_with(const pg_result* result);
  Error lose(std::string_view what);

  const PostgresAddress address_;
  const Millis answer_within_;
  struct Finish {
    void operator()(pg_conn* handle) const;
  };
  std::unique_ptr<pg_conn, Finish> handle_;
  std::set<std::string> prepared_;
  std::deque<Sent> sent_;
  bool sending_failed_ = false;
  PgTrouble trouble_ = PgTrouble::kNone;
  std::string sql_state_;
};

}  // namespace baton
