#include "plain_sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "measure.h"

namespace baton::bench {
namespace {

// What journal_bench's events look like in baton's journal.
constexpr std::string_view kBody =
    R"({"at":1795197891250,"call":7,"bill":"settled","charge":"0.001234567","usage":{"input":1200,"cache_write_5m":0,"cache_write_1h":0,"cache_read":0,"output":340},"verdict":"accepted","message":"","http_status":0,"answer":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","request_id":"req_0123456789abcdefghijklmn"})";

void require(int code, int wanted, sqlite3* database) {
  if (code == wanted) return;
  fmt::print(stderr, "journal_bench: {}\n", sqlite3_errmsg(database));
  std::exit(1);
}

class PlainStore {
 public:
  PlainStore(const std::filesystem::path& file, PlainMode mode) {
    require(sqlite3_open(file.c_str(), &database_), SQLITE_OK, database_);
    execute("PRAGMA synchronous = FULL");
    if (mode == PlainMode::kWal) execute("PRAGMA journal_mode = WAL");
    execute(
        "CREATE TABLE events (run TEXT, seq INTEGER, type TEXT, body TEXT, PRIMARY KEY (run, seq)) "
        "WITHOUT ROWID");
    require(sqlite3_prepare_v2(database_, "INSERT INTO events VALUES ('r-0', ?1, 'call_ended', ?2)",
                               -1, &insert_, nullptr),
            SQLITE_OK, database_);
  }
  ~PlainStore() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  PlainStore(const PlainStore&) = delete;
  PlainStore& operator=(const PlainStore&) = delete;

  void insert() {
    const std::lock_guard lock(mutex_);
    sqlite3_bind_int64(insert_, 1, ++inserted_);
    sqlite3_bind_text(insert_, 2, kBody.data(), static_cast<int>(kBody.size()), SQLITE_STATIC);
    require(sqlite3_step(insert_), SQLITE_DONE, database_);
    sqlite3_reset(insert_);
  }
  std::int64_t inserted() const { return inserted_; }

 private:
  void execute(const char* sql) {
    require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK, database_);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::mutex mutex_;
  std::int64_t inserted_ = 0;  // guarded by mutex_ while the threads run
};

}  // namespace

void measure_plain_sqlite(const std::filesystem::path& folder, PlainMode mode, int callers,
                          double seconds) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  PlainStore store(folder / "plain.db", mode);
  Stopwatch watch;
  const Clock::time_point end = watch.after(seconds);
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&store, end] {
      while (Clock::now() < end) store.insert();
    });
  }
  threads.clear();  // joined
  print_rate(mode == PlainMode::kWal ? "plain, WAL" : "plain", "event", callers, store.inserted(),
             watch);
  std::filesystem::remove_all(folder);
}

}  // namespace baton::bench
