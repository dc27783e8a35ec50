#include "store/postgres_test_store.h"

#include <libpq-fe.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/fd.h"

namespace baton {
namespace {

// As any client would, and whatever the server's settings are. The first column of the first row,
// or the error.
std::string plain_sql(const std::string& url, const std::string& sql, bool must_work) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url.c_str()), PQfinish);
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()),
                                                              PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK) {
    return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
  }
  const char* const error = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  if (must_work) {
    EXPECT_EQ(status, PGRES_COMMAND_OK) << sql << ": " << PQerrorMessage(connection.get());
  }
  return error == nullptr ? "" : error;
}

// A new schema is quicker to be had than a new database. What a killed process left open would wait
// for itself to be missed.
constexpr const char* kEmpty =
    "SELECT pg_terminate_backend(pid, 5000) FROM "
    "pg_stat_activity WHERE datname = "
    "current_database() AND "
    "pid <> pg_backend_pid(); DROP SCHEMA IF EXISTS baton CASCADE";

}  // namespace

std::string test_server() {
  const char* url = std::getenv("BATON_TEST_POSTGRES");
  return url == nullptr ? "" : url;
}

void control_server(const std::string& what) {
  const Fd control(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, std::getenv("BATON_TEST_POSTGRES_CONTROL"),
               sizeof(address.sun_path) - 1);
  ASSERT_EQ(::connect(control.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            0);
  ASSERT_EQ(::write(control.get(), what.data(), what.size()), static_cast<ssize_t>(what.size()));
  char answer[16] = {};
  ASSERT_GT(::read(control.get(), answer, sizeof(answer)), 0) << what;
}

PostgresOptions PostgresStoreForTest::short_leases() {
  PostgresOptions options;
  options.lease = Millis::seconds(3);
  options.heartbeat = Millis(250);
  return options;
}

PostgresStoreForTest::PostgresStoreForTest(PostgresOptions options)
    : options_(std::move(options)), url_(test_server()) {
  if (!url_.empty()) tamper(kEmpty);
}

PostgresStoreForTest::~PostgresStoreForTest() {
  if (!url_.empty()) tamper(kEmpty);
}

Result<std::unique_ptr<Journal>> PostgresStoreForTest::open_with(const PostgresOptions& options) {
  return open_postgres_journal(url_, options, [](const std::function<void()>& task) { task(); });
}

void PostgresStoreForTest::leave_no_room() {
  tamper(R"sql(
    CREATE FUNCTION baton.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM baton.blobs) >= 20 THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON baton.blobs FOR EACH ROW EXECUTE FUNCTION baton.no_room())sql");
}

void PostgresStoreForTest::tamper(const std::string& sql) {
  plain_sql(url_, sql, /*must_work=*/true);
}

std::string PostgresStoreForTest::ask(const std::string& sql) {
  return plain_sql(url_, sql, /*must_work=*/false);
}

std::unique_ptr<TestStore> make_postgres_store() {
  return std::make_unique<PostgresStoreForTest>();
}

}  // namespace baton
