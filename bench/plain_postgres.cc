#include "plain_postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "measure.h"

namespace baton::bench {
namespace {

// What fleet_bench's reservations look like in baton's journal.
constexpr const char* kBody =
    R"({"at":1795197891250,"call":7,"task":7,"model":"claude-haiku-4-5","max_output":4000,"hold":"0.023204","price_date":"2025-10-15"})";

class PlainConnection {
 public:
  explicit PlainConnection(const std::string& url)
      : connection_(PQconnectdb(url.c_str()), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) stop();
  }
  void prepare(const char* name, const char* sql) {
    require(PQprepare(connection_.get(), name, sql, 0, nullptr));
  }
  // How many rows came or were changed.
  int run(const char* name, const std::vector<std::string>& values = {}) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    return require(PQexecPrepared(connection_.get(), name, static_cast<int>(texts.size()),
                                  texts.data(), nullptr, nullptr, 0));
  }
  int execute(const char* sql) { return require(PQexec(connection_.get(), sql)); }

 private:
  int require(PGresult* result) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> owned(result, &PQclear);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) stop();
    return status == PGRES_TUPLES_OK ? PQntuples(result) : std::atoi(PQcmdTuples(result));
  }
  [[noreturn]] void stop() {
    fmt::print(stderr, "fleet_bench: {}\n", PQerrorMessage(connection_.get()));
    std::exit(1);
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// `work` is called by each thread until the time is over, or it says that nothing is left.
template <typename Work>
void measure(std::string_view workload, const std::string& url, int workers, double seconds,
             Work work) {
  std::vector<std::unique_ptr<PlainConnection>> connections;
  for (int i = 0; i < workers; ++i) connections.push_back(std::make_unique<PlainConnection>(url));
  std::atomic<std::int64_t> done = 0;
  Stopwatch watch;
  const Clock::time_point end = watch.after(seconds);
  std::vector<std::jthread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] {
      PlainConnection& connection = *connections[static_cast<std::size_t>(i)];
      connection.prepare("claim",
                         "UPDATE plain.queue SET state = 'driven' WHERE run = (SELECT run FROM "
                         "plain.queue WHERE state = 'waiting' ORDER BY queued LIMIT 1 FOR UPDATE "
                         "SKIP LOCKED)");
      connection.prepare("event", "INSERT INTO plain.events VALUES ($1, $2, 'call_reserved', $3)");
      connection.prepare("hold",
                         "INSERT INTO plain.ledger VALUES ($1, $2, 'reserved', 23204000000)");
      for (int number = 1; Clock::now() < end && work(connection, i, number); ++number) ++done;
    });
  }
  threads.clear();  // joined
  print_rate("plain", workload, workers, done, watch);
}

}  // namespace

void prepare_plain_postgres(const std::string& url, int runs) {
  PlainConnection connection(url);
  connection.execute(
      "SET client_min_messages = warning; DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA "
      "plain; "
      "CREATE TABLE plain.queue (run text PRIMARY KEY, state text, queued timestamptz); "
      "CREATE INDEX waiting ON plain.queue (queued) WHERE state = 'waiting'; "
      "CREATE TABLE plain.events (run text, seq integer, type text, body text, PRIMARY KEY (run, "
      "seq)); "
      "CREATE TABLE plain.ledger (run text, call integer, state text, hold bigint, PRIMARY KEY "
      "(run, call));");
  connection.execute(
      fmt::format("INSERT INTO plain.queue SELECT 'r-' || n, 'waiting', clock_timestamp() FROM "
                  "generate_series(1, {}) n",
                  runs)
          .c_str());
}

void measure_plain_claims(const std::string& url, int workers, double seconds) {
  measure("claim", url, workers, seconds,
          [](PlainConnection& connection, int, int) { return connection.run("claim") == 1; });
}

void measure_plain_reserves(const std::string& url, int workers, double seconds) {
  PlainConnection(url).execute("TRUNCATE plain.events, plain.ledger");
  measure("reserve", url, workers, seconds,
          [](PlainConnection& connection, int worker, int number) {
            const std::string run = fmt::format("r-{}", worker);
            connection.execute("BEGIN");
            connection.run("event", {run, fmt::format("{}", number), kBody});
            connection.run("hold", {run, fmt::format("{}", number)});
            connection.execute("COMMIT");
            return true;
          });
}

}  // namespace baton::bench
