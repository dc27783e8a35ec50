// A connection that outlives a restart of the server: what is done through it is done again once
// the server is back, for as long as an outage is to be survived.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "store/postgres_connection.h"

namespace baton {

// Where the connections of one journal go, and how long they wait for a server that is away.
struct PgServer {
  PostgresAddress address;
  Millis outage;
};

// One thread at a time, but for set_patient().
class PgLink {
 public:
  // `greet` is called with each new connection before anything else.
  PgLink(
      PgServer server, PgSession session,
      std::function<Status(PgConnection&)> greet = [](PgConnection&) { return Status(); });

  // Calls `work` with a connection, and again after a failure that passes: with a new connection if
  // it was lost. Each time it begins outside of any transaction, and must find out by itself what
  // of an earlier time was done. What it returns is final: success, a refusal, or that the server
  // was away for longer than an outage.
  Status with(const std::function<Status(PgConnection&)>& work);

  // The connection as it is now; null: none.
  PgConnection* connection() { return connection_.get(); }
  void drop() { connection_.reset(); }

  // Whether a server that is away is waited for. Any thread.
  void set_patient(bool patient) { patient_ = patient; }

 private:
  Status connect();

  const PgServer server_;
  const PgSession session_;
  const std::function<Status(PgConnection&)> greet_;
  std::unique_ptr<PgConnection> connection_;
  std::atomic<bool> patient_ = true;
};

}  // namespace baton
