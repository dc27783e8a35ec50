#include "store/postgres_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr PgStatement kStore = {
    "store",
    "SELECT id::text, generation::text, cluster, (pg_current_wal_insert_lsn() - '0/0')::text, "
    "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), frozen FROM baton.store"};

// By itself: an administrator may have kept it from ordinary roles.
constexpr PgStatement kSystem = {"system",
                                 "SELECT system_identifier::text FROM pg_control_system()"};

constexpr PgStatement kName = {"name_cluster",
                               "UPDATE baton.store SET cluster = $1 WHERE cluster = ''"};

constexpr PgStatement kFreeze = {
    "freeze",
    "WITH frozen AS (UPDATE baton.store SET frozen = $1 WHERE frozen = '' "
    "RETURNING frozen) INSERT INTO baton.store_log (what) SELECT "
    "'frozen: ' || frozen FROM frozen"};

constexpr PgStatement kAccept = {
    "accept_restored",
    "WITH old AS (SELECT cluster FROM baton.store), "
    "noted AS (INSERT INTO baton.store_log (what) SELECT "
    "'accepted as restored: cluster ' || $1 || ', before ' || old.cluster FROM old RETURNING "
    "what), "
    "accepted AS (UPDATE baton.store SET cluster = $1, frozen = '', generation = "
    "greatest(generation + 1, "
    "(extract(epoch FROM clock_timestamp()) * 1000)::bigint)) SELECT what FROM noted"};

// "7710466358134813040/00000001"
Result<std::string> cluster_of(PgConnection& connection, std::string_view timeline) {
  const Result<PgRows> system = connection.run(kSystem);
  if (!system && connection.sql_state() != "42501") return system.error();
  return fmt::format("{}/{}", system ? system->text(0, 0) : "?", timeline);
}

constexpr std::size_t kDigits = 20;

std::int64_t number_in(const fs::path& file) {
  const std::string text = read_beginning(file, kDigits).value_or("");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

const PgStatement kLogPosition = {"log_position",
                                  "SELECT (pg_current_wal_insert_lsn() - '0/0')::text"};

Status PostgresStore::tell_frozen(PgConnection& connection) {
  if (!frozen_ || told_) return {};
  const Result<PgRows> told = connection.run(kFreeze, pg_text(why_));
  if (!told) return told.error();
  told_ = true;
  return {};
}

void PostgresStore::freeze(const std::string& why) {
  if (frozen_) return;
  why_ = why;
  frozen_ = storage_error(fmt::format(
      "{}: {}: an older copy was probably put back, and calls that were paid for may be missing "
      "from its ledger, so no call is reserved any more. Find out what was lost; then `baton "
      "repair "
      "--store URL --accept-restored` takes it as it is",
      address_.shown(), why));
}

Status PostgresStore::recognise(PgConnection& connection) {
  const Result<PgRows> row = connection.run(kStore);
  if (!row) return row.error();
  if (row->count() != 1) {
    return storage_error(
        fmt::format("{}: baton.store does not hold its one row", address_.shown()));
  }
  if (generation_ != row->integer(0, 1)) {
    generation_ = row->integer(0, 1);
    frozen_.reset();
    told_ = false;
  }
  const Result<std::string> now = cluster_of(connection, row->text(0, 4));
  if (!now) return now.error();
  const std::string known(row->text(0, 2));
  if (known.empty()) {
    if (const Result<PgRows> named = connection.run(kName, *now); !named) return named.error();
  } else if (known != *now) {
    freeze(fmt::format("it was written in cluster {} and is in {} now", known, *now));
  }
  if (!row->text(0, 5).empty()) freeze(std::string(row->text(0, 5)));
  if (evidence_.empty()) return {};
  if (Status opened = open_evidence(std::string(row->text(0, 0)), row->integer(0, 1)); !opened) {
    return opened;
  }
  const std::int64_t remembered = number_in(folder_ / "position");
  if (remembered <= row->integer(0, 3)) return {};
  // Other processes of this machine may have committed since the server was asked.
  const Result<PgRows> position = connection.run(kLogPosition);
  if (!position) return position.error();
  if (remembered > position->integer(0, 0))
    freeze("the server's log ends before what it had acknowledged to this machine");
  return {};
}

Status PostgresStore::open_evidence(const std::string& id, std::int64_t generation) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(evidence_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.substr(0, id.size() + 1) != id + "-") continue;
    std::int64_t other = 0;
    std::from_chars(name.data() + id.size() + 1, name.data() + name.size(), other);
    if (other > generation) freeze("it is a copy from before another one was accepted");
  }
  const fs::path folder = evidence_ / fmt::format("{}-{}", id, generation);
  if (folder == folder_) return {};
  for (const fs::path& made : {evidence_, folder, folder / "heads"}) {
    if (Status status = make_private_folder(made); !status) return status;
  }
  Result<Fd> position = open_private_file(folder / "position");
  if (!position) return position.error();
  position_ = std::move(*position);
  folder_ = folder;
  heads_.emplace(heads());
  compared_.clear();
  return {};
}

fs::path PostgresStore::heads() const {
  return folder_.empty() ? fs::path() : folder_ / "heads";
}

void PostgresStore::compare(const RunId& run, const PgTip* tip) {
  if (!heads_ || !compared_.insert(run).second) return;
  if (const std::optional<Head> head = remembered(run)) compare(run, *head, tip);
}

std::optional<Head> PostgresStore::remembered(const RunId& run) const {
  if (!heads_) return std::nullopt;
  const Result<std::optional<Head>> head = read_head(heads() / run);
  return head ? *head : std::nullopt;
}

// What is remembered may lag: it proves something only where it is ahead.
void PostgresStore::compare(const RunId& run, const Head& remembered, const PgTip* tip) {
  const std::int64_t last = tip == nullptr ? 0 : tip->summary.events;
  if (remembered.sequence > last) {
    freeze(fmt::format("run {} ends at event {}, and had come to event {}", run, last,
                       remembered.sequence));
  } else if (remembered.sequence == last && remembered.hash != to_hex(tip->hash)) {
    freeze(fmt::format("event {} of run {} is not the one that was acknowledged", last, run));
  }
}

void PostgresStore::wrote(std::int64_t log_position, const RunId& run, const PgTip& tip) {
  // What shows that the store is too old is kept as it is.
  if (!heads_ || frozen_) return;
  compared_.insert(run);
  heads_->write(run, {tip.summary.events, to_hex(tip.hash), {}});
  const std::string text = fmt::format("{:0{}}\n", log_position, kDigits);
  [[maybe_unused]] const ssize_t written = ::pwrite(position_.get(), text.data(), text.size(), 0);
}

Result<std::string> accept_restored_store(PgConnection& connection) {
  const Result<PgRows> row = connection.run(kStore);
  if (!row) return row.error();
  const Result<std::string> now = cluster_of(connection, row->text(0, 4));
  if (!now) return now.error();
  const Result<PgRows> noted = connection.run(kAccept, *now);
  if (!noted) return noted.error();
  return std::string(noted->text(0, 0));
}

}  // namespace baton
