#include "store/postgres_journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <mutex>

#include "store/append_queue.h"
#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/event_format.h"
#include "store/file.h"
#include "store/postgres_appender.h"
#include "store/postgres_fleet.h"
#include "store/postgres_schema.h"
#include "store/postgres_verify.h"

namespace baton {
namespace {

constexpr int kPage = 1000;  // rows that are in memory as the server sent them
// Whoever reads waits for it, the thread of a loop perhaps, on which calls are being answered.
constexpr Millis kLongestRead = Millis::seconds(30);

constexpr PgStatement kEvents = {"events",
                                 "SELECT type, body, hash FROM baton.events WHERE run = $1 AND seq "
                                 "> $2::integer ORDER BY events.seq "
                                 "LIMIT $3::integer"};
constexpr PgStatement kCount = {"count_events",
                                "SELECT events::text FROM baton.runs WHERE run = $1"};
constexpr PgStatement kBlob = {
    "blob", "SELECT coding::text, size::text, data FROM baton.blobs WHERE id = $1"};
constexpr PgStatement kRuns = {
    "runs",
    "SELECT run, workflow, title, created::text, updated::text, status, spent::text, events::text, "
    "project, key FROM baton.runs WHERE created < $1::bigint OR (created = $1::bigint AND run > "
    "$2) "
    "ORDER BY runs.created DESC, runs.run LIMIT $3::integer"};
constexpr PgStatement kWithKey = {"run_with_key", "SELECT run FROM baton.run_keys WHERE key = $1"};

std::string this_process() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return fmt::format("{}/{}", host, ::getpid());
}

class PostgresJournal : public Journal {
 public:
  PostgresJournal(const PgServer& server, const PostgresOptions& options, LeaseTerms terms,
                  const AppendQueue::Post& post)
      : server_(server),
        evidence_(options.evidence),
        reader_({server.address, std::min(server.outage, kLongestRead)}, {.purpose = "reader"}),
        leases_(std::move(terms)),
        desk_(server),
        door_(std::make_shared<PostgresDoor>(desk_, leases_)),
        appender_(server, std::make_unique<PostgresStore>(server.address, options.evidence)),
        fleet_(server, {options.heartbeat, options.hung_after}, leases_, desk_, door_,
               {.append = [this](Append append) { queue_->push(std::move(append)); },
                .read = [this](const auto& work) { return read(work); },
                .post = post}),
        queue_(
            std::in_place, [this](std::vector<Append>& group) { return appender_.append(group); },
            post) {}

  // What is queued is made durable first, if the server is there; then what is held is let go of.
  ~PostgresJournal() override {
    appender_.hurry();
    queue_.reset();
    door_->close();
    desk_.push([this](PgConnection& connection, bool) { return leases_.end(connection); });
  }

  // A server that is not there at the beginning is not waited for.
  Status begin() {
    reader_.set_patient(false);
    Status begun =
        read([this](PgConnection& connection) { return migrate(connection, server_.address); });
    reader_.set_patient(true);
    return begun;
  }

  void append(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
              std::function<void(Status)> done) override {
    queue_->push({run,
                  std::move(events),
                  std::move(blobs),
                  std::move(done),
                  {},
                  {},
                  std::nullopt,
                  leases_.fence_of(run)});
  }

  void allot(const RunId& run, const DayCap& cap, Money amount,
             std::function<void(Result<Money>)> done) override {
    Allotment asked{cap, amount, std::make_shared<Money>()};
    auto answer = [done = std::move(done), granted = asked.granted](const Status& status) {
      done(status ? Result<Money>(*granted) : Result<Money>(status.error()));
    };
    queue_->push({run,
                  {},
                  {},
                  std::move(answer),
                  std::move(asked),
                  {},
                  std::nullopt,
                  leases_.fence_of(run)});
  }

  Result<std::vector<Event>> events(const RunId& run) override;
  Result<std::string> blob(const BlobId& id) override;
  Result<std::vector<RunSummary>> runs() override;
  Result<std::optional<RunId>> run_with_key(const std::string& key) override;
  Result<std::unique_ptr<RunLease>> lease(const RunId& run) override;
  Fleet* fleet() override { return &fleet_; }
  Result<std::vector<Damage>> verify() override;

 private:
  Status read(const std::function<Status(PgConnection&)>& work) {
    const std::lock_guard lock(reading_);
    return reader_.with(work);
  }

  const PgServer server_;
  const std::filesystem::path evidence_;
  std::mutex reading_;
  PgLink reader_;  // guarded by reading_
  PostgresLeases leases_;
  PostgresDesk desk_;
  const std::shared_ptr<PostgresDoor> door_;
  PostgresAppender appender_;  // the queue's thread only
  PostgresFleet fleet_;
  std::optional<AppendQueue> queue_;  // ends first
};

Result<std::vector<Event>> PostgresJournal::events(const RunId& run) {
  std::vector<Event> events;
  Sha256 hash = kChainStart;
  const auto add = [&](const PgRows& rows, int i) -> Status {
    const std::size_t number = events.size() + 1;
    // A state folded from other events than were written is a wrong one: it would act on it.
    hash = chained(hash, rows.text(i, 0), rows.text(i, 1));
    if (bytes_of(hash) != rows.text(i, 2)) {
      return storage_error(
          fmt::format("run {}: its journal is damaged at event {}, so it cannot go on; see what "
                      "`baton verify` reports",
                      run, number));
    }
    Result<Event> event = read_event(rows.text(i, 0), rows.text(i, 1));
    if (!event) {
      return storage_error(fmt::format("run {}: event {}: {}", run, number, event.error().message));
    }
    events.push_back(std::move(*event));
    return {};
  };
  // Events are only ever added, so the pages of several moments are one journal.
  std::size_t least = 0;
  const Status done = read([&](PgConnection& connection) -> Status {
    const Result<PgRows> count = connection.run(kCount, pg_text(run));
    if (!count) return count.error();
    if (count->count() > 0) least = static_cast<std::size_t>(count->integer(0, 0));
    for (;;) {
      const Result<PgRows> page =
          connection.run(kEvents, pg_text(run), static_cast<int>(events.size()), kPage);
      if (!page) return page.error();
      for (int i = 0; i < page->count(); ++i) {
        if (Status added = add(*page, i); !added) return added;
      }
      if (page->count() < kPage) return {};
    }
  });
  if (!done) return done.error();
  if (events.size() < least) {
    return storage_error(
        fmt::format("run {}: its journal ends at event {} and had {}, so it cannot go on; see what "
                    "`baton verify` reports",
                    run, events.size(), least));
  }
  if (events.empty()) {
    return not_found(fmt::format("there is no run '{}' in {}; `baton runs` lists them",
                                 run.substr(0, 80), server_.address.shown()));
  }
  return events;
}

Result<std::string> PostgresJournal::blob(const BlobId& id) {
  std::optional<PgRows> row;
  const Status done = read([&](PgConnection& connection) -> Status {
    const Result<PgRows> rows = connection.run(kBlob, pg_text(id));
    if (!rows) return rows.error();
    row = *rows;
    return {};
  });
  if (!done) return done.error();
  if (row->count() == 0) {
    return not_found(
        fmt::format("the journal in {} holds no text {}", server_.address.shown(), id));
  }
  Result<std::string> text = decompress(row->integer(0, 0), row->text(0, 2), row->integer(0, 1));
  if (!text) {
    return storage_error(
        fmt::format("stored text {} cannot be read: {}", id, text.error().message));
  }
  if (sha256_hex(*text) != id) {
    return storage_error(
        fmt::format("stored text {} is not what was written: its hash does not fit", id));
  }
  return text;
}

Result<std::vector<RunSummary>> PostgresJournal::runs() {
  std::vector<RunSummary> runs;
  const Status done = read([&](PgConnection& connection) -> Status {
    for (;;) {
      const std::int64_t before =
          runs.empty() ? std::numeric_limits<std::int64_t>::max() : runs.back().created.unix_ms();
      const Result<PgRows> page =
          connection.run(kRuns, before, runs.empty() ? "" : runs.back().run, kPage);
      if (!page) return page.error();
      for (int i = 0; i < page->count(); ++i) {
        runs.push_back({.run = RunId(page->text(i, 0)),
                        .workflow = std::string(page->text(i, 1)),
                        .title = std::string(page->text(i, 2)),
                        .project = std::string(page->text(i, 8)),
                        .key = std::string(page->text(i, 9)),
                        .created = Instant::from_unix_ms(page->integer(i, 3)),
                        .updated = Instant::from_unix_ms(page->integer(i, 4)),
                        .status = std::string(page->text(i, 5)),
                        .spent = Money::pico(page->integer(i, 6)),
                        .events = static_cast<int>(page->integer(i, 7))});
      }
      if (page->count() < kPage) return {};
    }
  });
  if (!done) return done.error();
  return runs;
}

Result<std::optional<RunId>> PostgresJournal::run_with_key(const std::string& key) {
  std::optional<RunId> run;
  if (key.empty()) return run;
  const Status done = read([&](PgConnection& connection) -> Status {
    const Result<PgRows> rows = connection.run(kWithKey, pg_key(key));
    if (!rows) return rows.error();
    if (rows->count() > 0) run = RunId(rows->text(0, 0));
    return {};
  });
  if (!done) return done.error();
  return run;
}

Result<std::unique_ptr<RunLease>> PostgresJournal::lease(const RunId& run) {
  if (!is_run_name(run)) return not_found(fmt::format("'{}' is not the name of a run", run));
  fleet_.start_heartbeat();
  Fence fence;
  const Status done = desk_.run([&](PgConnection& connection, bool again) -> Status {
    const Result<Fence> taken = leases_.take(connection, run, again);
    if (!taken) return taken.error();
    fence = *taken;
    leases_.hold(run, fence);
    leases_.drive(run, fence);
    return {};
  });
  if (!done) return done.error();
  return hold_run(door_, run, fence);
}

// On a connection of its own: it takes long, and other reads need not wait for it.
Result<std::vector<Damage>> PostgresJournal::verify() {
  PgLink link(server_, {.answer_within = Millis::seconds(600), .purpose = "verify"});
  std::vector<Damage> damage;
  const Status done = link.with([&](PgConnection& connection) -> Status {
    PostgresStore store(server_.address, evidence_);
    Result<std::vector<Damage>> found = verify_postgres(connection, store);
    if (!found) return found.error();
    damage = std::move(*found);
    return {};
  });
  if (!done) return done.error();
  return damage;
}

}  // namespace

bool is_postgres_url(std::string_view url) {
  return PostgresAddress::is_one(url);
}

std::string postgres_url_shown(std::string_view url) {
  const Result<PostgresAddress> address = PostgresAddress::parse(url);
  return address ? address->shown() : std::string();
}

Result<std::unique_ptr<Journal>> open_postgres_journal(
    const std::string& url, const PostgresOptions& options,
    const std::function<void(std::function<void()>)>& post) {
  const Result<PostgresAddress> address = PostgresAddress::parse(url);
  if (!address) return address.error();
  if (options.heartbeat.count() <= 0 || options.lease <= options.heartbeat * 2) {
    return usage_error(fmt::format(
        "a lease of {} with a heartbeat each {} would lapse with one that is late: make the lease "
        "more than twice as long",
        duration_text(options.lease), duration_text(options.heartbeat)));
  }
  LeaseTerms terms = {.worker = pg_text(options.worker.empty() ? this_process() : options.worker),
                      .scope = pg_key(options.pacing_scope),
                      .length = options.lease};
  auto journal = std::make_unique<PostgresJournal>(PgServer{*address, options.outage}, options,
                                                   std::move(terms), post);
  if (Status begun = journal->begin(); !begun) return begun.error();
  return std::unique_ptr<Journal>(std::move(journal));
}

Result<std::string> accept_restored(const std::string& url) {
  const Result<PostgresAddress> address = PostgresAddress::parse(url);
  if (!address) return address.error();
  const Result<std::unique_ptr<PgConnection>> connection =
      PgConnection::open(*address, {.purpose = "repair"});
  if (!connection) return connection.error();
  if (Status migrated = migrate(**connection, *address); !migrated) return migrated.error();
  return accept_restored_store(**connection);
}

}  // namespace baton
