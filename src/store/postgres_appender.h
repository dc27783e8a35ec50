// PostgresAppender: puts a group of appends into the database in one transaction: events, texts,
// ledger, list of runs, shares of days and places in the queue together. One thread.
//
// Three ways there and back at most: lock and read what the group touches, take keys and shares of
// days where it asks for any, write all and commit. Rows are locked table by table and in the order
// of their keys, so that two processes do not wait for each other.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/append_queue.h"
#include "store/blob_codec.h"
#include "store/postgres_group.h"
#include "store/postgres_link.h"
#include "store/postgres_store.h"

namespace baton {

class PostgresAppender {
 public:
  PostgresAppender(PgServer server, std::unique_ptr<PostgresStore> store);
  ~PostgresAppender();

  // All of the group or, with an error, none of it. An append that contradicts the journal, or
  // whose run somebody else drives, is refused in its `outcome` and leaves the others alone.
  Status append(std::vector<Append>& group);

  // From here on a server that is away is not waited for. Any thread.
  void hurry() { link_.set_patient(false); }

 private:
  Status attempt(PgConnection& connection, std::vector<Append>& group);
  Status read(PgConnection& connection, PostgresGroup& work);
  Status take_keys(PgConnection& connection, PostgresGroup& work);
  Status take_days(PgConnection& connection, PostgresGroup& work);
  Status write(PgConnection& connection, PostgresGroup& work);
  Result<bool> was_committed(PgConnection& connection);
  void keep(const PostgresGroup& work);

  std::unique_ptr<PostgresStore> store_;
  const std::string writer_;  // names this object among all that ever wrote
  std::int64_t number_ = 0;   // of the group
  bool committing_ = false;   // its COMMIT was sent, and not answered
  std::map<RunId, PgTip> seen_;
  Compressor compressor_;
  PgLink link_;
};

}  // namespace baton
