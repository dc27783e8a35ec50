// Whether the database is the one that acknowledged what this machine knows of, or an older copy
// put back: then calls that were paid for may be missing from it, and nothing more is reserved.
//
//   baton.store        which store this is, in which cluster, and on which timeline of it
//   <evidence>/<store>-<generation>/position   how far the server's log had come
//   <evidence>/<store>-<generation>/heads/RUN  how far each run had (head_files.h)
//
// A copy that is accepted (accept_restored) begins a new generation, and what earlier ones remember
// no longer counts.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "store/head_files.h"
#include "store/postgres_connection.h"
#include "store/postgres_group.h"

namespace baton {

// The server's log position, to be read in a transaction that writes and given to wrote().
extern const PgStatement kLogPosition;

// One thread at a time.
class PostgresStore {
 public:
  // `evidence`: a folder of this machine; empty: none is kept.
  PostgresStore(PostgresAddress address, std::filesystem::path evidence)
      : address_(std::move(address)), evidence_(std::move(evidence)) {}

  // Looks which store this is. To be called with each new connection.
  Status recognise(PgConnection& connection);
  std::int64_t generation() const { return generation_; }
  // Compares a run with what is remembered of it; null: it is not there. Requires: its row is
  // locked, so that nobody goes on with it meanwhile.
  void compare(const RunId& run, const PgTip* tip);
  // The same for a run that others may be going on with: remembered first, and looked up after it.
  std::optional<Head> remembered(const RunId& run) const;
  void compare(const RunId& run, const Head& remembered, const PgTip* tip);
  // What keeps the store from taking reservations.
  const std::optional<Error>& frozen() const { return frozen_; }
  void freeze(const std::string& why);
  // Tells the others, once. Outside of any transaction.
  Status tell_frozen(PgConnection& connection);

  void wrote(std::int64_t log_position, const RunId& run, const PgTip& tip);
  bool keeps_evidence() const { return heads_.has_value(); }
  // Empty: none.
  std::filesystem::path heads() const;

 private:
  Status open_evidence(const std::string& id, std::int64_t generation);

  const PostgresAddress address_;
  const std::filesystem::path evidence_;
  std::filesystem::path folder_;  // of this store and generation
  Fd position_;
  std::optional<HeadFiles> heads_;
  std::set<RunId> compared_;
  std::optional<Error> frozen_;
  std::string why_;
  std::int64_t generation_ = 0;
  bool told_ = false;
};

// Takes the database as it is from now on, and notes so in baton.store_log. What was noted.
Result<std::string> accept_restored_store(PgConnection& connection);

}  // namespace baton
