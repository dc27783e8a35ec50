#include "store/postgres_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"

namespace baton {
namespace {

constexpr int kConnectSeconds = 10;
constexpr std::size_t kLongestKey = 200;
constexpr int kOldestServer = 130'000;

// What this session does to others is bounded: no statement, lock or open transaction of a process
// that hangs holds them up for long.
//
// Every statement finds its rows by an index and is planned once for a connection. Left to itself
// the server plans the partitioned tables anew for each array of runs, which takes longer than all
// the rest, and scans a table that was small when it was last looked at.
constexpr PgStatement kSettings = {
    "settings",
    "SELECT current_setting('server_version_num'), current_setting('fsync'), "
    "current_setting('full_page_writes'), current_setting('server_encoding'), "
    "pg_is_in_recovery()::text, "
    "CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'on' "
    "ELSE set_config('synchronous_commit', 'on', false) END, "
    "set_config('statement_timeout', $1, false), set_config('lock_timeout', '5s', false), "
    "set_config('idle_in_transaction_session_timeout', '10s', false), "
    "set_config('search_path', 'pg_catalog', false), "
    "set_config('plan_cache_mode', 'force_generic_plan', false), "
    "set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false), "
    "set_config('client_min_messages', 'error', false)"};

bool is_lost(std::string_view state) {
  // Connection exceptions; the server ends or starts; a session that was ended.
  return state.substr(0, 2) == "08" || state.substr(0, 3) == "57P" || state == "25P03";
}

// Serialization, deadlock, lock timeout, too many connections, statement timeout, what another
// process has made at the same time, and a lease that lapsed on the way (baton.hold_leases).
bool is_passing(std::string_view state) {
  constexpr std::string_view kPassing[] = {"40001", "40P01", "55P03", "53300",
                                           "57014", "23505", "BT001"};
  return std::find(std::begin(kPassing), std::end(kPassing), state) != std::end(kPassing);
}

}  // namespace

std::string pg_text(std::string_view text) {
  std::string clean = to_utf8(text);
  for (std::size_t at = 0; (at = clean.find('\0', at)) != std::string::npos;) {
    clean.replace(at, 1, "\xEF\xBF\xBD");
  }
  return clean;
}

std::string pg_key(std::string_view text) {
  return text.size() <= kLongestKey ? pg_text(text) : "sha256:" + sha256_hex(text);
}

std::string pg_array(const std::vector<std::string>& elements) {
  std::string array = "{";
  for (const std::string& element : elements) {
    array += array.size() > 1 ? ",\"" : "\"";
    for (const char c : pg_text(element)) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

std::string pg_numbers(const std::vector<std::int64_t>& numbers) {
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

// ---- rows ----

PgRows::PgRows(pg_result* result) : result_(result, PQclear) {}

int PgRows::count() const {
  return PQntuples(result_.get());
}

int PgRows::affected() const {
  int rows = 0;
  const std::string_view text = PQcmdTuples(result_.get());
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

bool PgRows::null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view PgRows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PgRows::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

bool PgRows::truth(int row, int column) const {
  return text(row, column) == "true";
}

// ---- opening ----

void PgConnection::Finish::operator()(pg_conn* handle) const {
  PQfinish(handle);
}

PgConnection::PgConnection(const PostgresAddress& address, const PgSession& session,
                           pg_conn* handle)
    : address_(address), answer_within_(session.answer_within), handle_(handle) {}

PgConnection::~PgConnection() = default;

Result<std::unique_ptr<PgConnection>> PgConnection::open(const PostgresAddress& address,
                                                         const PgSession& session) {
  const std::string name = fmt::format("baton {}", session.purpose);
  const std::string timeout = std::to_string(kConnectSeconds);
  const std::string deadline = std::to_string(session.answer_within.count());
  const char* const keywords[] = {
      "dbname",           "fallback_application_name", "connect_timeout",
      "client_encoding",  "keepalives_idle",           "keepalives_interval",
      "keepalives_count", "tcp_user_timeout",          nullptr};
  const char* const values[] = {
      address.url().c_str(), name.c_str(), timeout.c_str(), "UTF8", "10", "5", "3",
      deadline.c_str(),      nullptr};
  std::unique_ptr<PgConnection> connection(
      new PgConnection(address, session, PQconnectdbParams(keywords, values, /*expand_dbname=*/1)));
  pg_conn* const handle = connection->handle_.get();
  if (handle == nullptr || PQstatus(handle) != CONNECTION_OK) {
    return storage_error(
        fmt::format("connecting to {}: {}", address.shown(),
                    handle == nullptr ? "no memory" : address.scrubbed(PQerrorMessage(handle))));
  }
  PQsetnonblocking(handle, 1);
  PQsetNoticeReceiver(
      handle, [](void*, const PGresult*) {}, nullptr);
  PQenterPipelineMode(handle);
  if (Status set = connection->set_up(); !set) return set.error();
  return connection;
}

Status PgConnection::set_up() {
  const Result<PgRows> set = run(kSettings, fmt::format("{}ms", answer_within_.count()));
  if (!set) return set.error();
  const auto refused = [&](std::string_view why) {
    return storage_error(fmt::format("{}: {}", address_.shown(), why));
  };
  if (set->integer(0, 0) < kOldestServer) {
    return refused(fmt::format("its server is of version {}.{}; baton needs PostgreSQL 13 or later",
                               set->integer(0, 0) / 10'000, set->integer(0, 0) % 10'000));
  }
  for (const auto& [column, name] : {std::pair(1, "fsync"), std::pair(2, "full_page_writes")}) {
    if (set->text(0, column) != "on") {
      return refused(
          fmt::format("its server runs with {} = off and would lose in a power cut what "
                      "it has acknowledged: set {} = on and reload it",
                      name, name));
    }
  }
  if (set->text(0, 3) != "UTF8") {
    return refused(
        fmt::format("the database's encoding is {}; baton needs UTF8: make one with "
                    "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
                    for_terminal(set->text(0, 3))));
  }
  if (set->truth(0, 4))
    return refused("its server is a standby and takes no writes: name the primary");
  if (set->text(0, 5) != "on") return refused("synchronous_commit could not be set to on");
  return {};
}

// ---- a batch ----

void PgConnection::put(const PgStatement& statement, const Values& values) {
  if (sending_failed_) return;
  if (prepared_.insert(statement.name).second) {
    sent_.push_back({true, statement.name});
    sending_failed_ |= PQsendPrepare(handle_.get(), statement.name, statement.sql, 0, nullptr) == 0;
  }
  std::vector<const char*> texts;
  std::vector<int> lengths;
  for (const std::string& text : values.texts) {
    texts.push_back(text.c_str());
    lengths.push_back(static_cast<int>(text.size()));
  }
  sent_.push_back({false, statement.name});
  sending_failed_ |=
      PQsendQueryPrepared(handle_.get(), statement.name, static_cast<int>(texts.size()),
                          texts.data(), lengths.data(), values.binary.data(), /*binary=*/1) == 0;
}

// Sends all there is, reading meanwhile: a server whose answers nobody takes stops listening.
bool PgConnection::flush() {
  for (;;) {
    const int left = PQflush(handle_.get());
    if (left == 0) return true;
    if (left < 0) return false;
    pollfd socket = {PQsocket(handle_.get()), POLLIN | POLLOUT, 0};
    if (::poll(&socket, 1, static_cast<int>(answer_within_.count())) <= 0) return false;
    if ((socket.revents & POLLIN) != 0 && PQconsumeInput(handle_.get()) == 0) return false;
  }
}

bool PgConnection::wait_for_input() {
  // The server gives a statement up after `answer_within`; what takes longer never comes.
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(answer_within_.count() + 2'000);
  while (PQisBusy(handle_.get()) != 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd socket = {PQsocket(handle_.get()), POLLIN, 0};
    if (::poll(&socket, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    if (socket.revents != 0 && PQconsumeInput(handle_.get()) == 0) return false;
  }
  return true;
}

Result<std::vector<PgRows>> PgConnection::sync() {
  trouble_ = PgTrouble::kNone;
  sql_state_.clear();
  if (sending_failed_ || PQpipelineSync(handle_.get()) == 0 || !flush()) {
    return lose(PQerrorMessage(handle_.get()));
  }
  std::vector<PgRows> rows;
  std::optional<Error> error;
  for (;;) {
    if (!wait_for_input()) return lose(PQerrorMessage(handle_.get()));
    PGresult* const raw = PQgetResult(handle_.get());
    if (raw == nullptr) {  // the end of one statement's results, or of the connection
      if (PQstatus(handle_.get()) != CONNECTION_OK) return lose(PQerrorMessage(handle_.get()));
      continue;
    }
    PgRows result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_PIPELINE_SYNC) break;
    if (sent_.empty()) continue;
    const Sent sent = sent_.front();
    sent_.pop_front();
    if (status == PGRES_FATAL_ERROR && !error) error = fail_with(raw);
    if (!sent.prepares) {
      rows.push_back(std::move(result));
    } else if (status != PGRES_COMMAND_OK) {
      prepared_.erase(sent.name);
    }
    if (trouble_ == PgTrouble::kLost) return *error;
  }
  if (error) return *error;
  return rows;
}

Status PgConnection::run_script(const std::string& sql) {
  BATON_CHECK(sent_.empty());
  trouble_ = PgTrouble::kNone;
  PQexitPipelineMode(handle_.get());
  PGresult* const raw = PQexec(handle_.get(), sql.c_str());
  const PgRows result(raw);  // clears it
  Status done;
  if (PQresultStatus(raw) != PGRES_COMMAND_OK && PQresultStatus(raw) != PGRES_TUPLES_OK) {
    done = raw == nullptr ? lose(PQerrorMessage(handle_.get())) : fail_with(raw);
  }
  PQenterPipelineMode(handle_.get());
  return done;
}

// ---- failures ----

Error PgConnection::fail(PgTrouble trouble, std::string_view what) {
  trouble_ = trouble;
  return storage_error(fmt::format("{}: {}", address_.shown(),
                                   what.empty() ? "no answer" : address_.scrubbed(what)));
}

Error PgConnection::fail_with(const pg_result* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  sql_state_ = state == nullptr ? "" : state;
  const char* const primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const PgTrouble trouble = state == nullptr || is_lost(sql_state_) ? PgTrouble::kLost
                            : is_passing(sql_state_)                ? PgTrouble::kAgain
                                                                    : PgTrouble::kRefused;
  return fail(trouble, primary == nullptr ? PQresultErrorMessage(result) : primary);
}

Error PgConnection::lose(std::string_view what) {
  return fail(PgTrouble::kLost, what);
}

int PgConnection::socket() const {
  return PQsocket(handle_.get());
}

std::optional<bool> PgConnection::noticed() {
  if (PQconsumeInput(handle_.get()) == 0) return std::nullopt;
  bool any = false;
  while (PGnotify* const notice = PQnotifies(handle_.get())) {
    any = true;
    PQfreemem(notice);
  }
  return any;
}

}  // namespace baton
