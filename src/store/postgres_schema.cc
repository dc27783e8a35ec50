#include "store/postgres_schema.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/embedded.h"

namespace baton {
namespace {

constexpr std::string_view kFolder = "migrations/postgres/";

// Not by to_regclass(): what a backend has once not found, it goes on not finding until it locks a
// table, and while it waited for the lock of migrate_alone() another may have made it.
constexpr PgStatement kHasTables = {
    "has_tables",
    "SELECT (EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace WHERE n.nspname = 'baton' AND c.relname = 'migrations'))::text"};
constexpr PgStatement kVersion = {"version",
                                  "SELECT coalesce(max(version), 0)::text FROM baton.migrations"};

// Version 0: nothing is there yet.
Result<int> version_of(PgConnection& connection) {
  const Result<PgRows> there = connection.run(kHasTables);
  if (!there) return there.error();
  if (!there->truth(0, 0)) return 0;
  const Result<PgRows> version = connection.run(kVersion);
  if (!version) return version.error();
  return static_cast<int>(version->integer(0, 0));
}

// A transaction of its own: what comes after the lock sees what was committed while it was waited
// for.
Status migrate_alone(PgConnection& connection, const std::vector<std::string_view>& files) {
  if (Status locked = connection.run_script(
          "SET lock_timeout = '60s'; BEGIN; SELECT pg_advisory_xact_lock(1650553967)");
      !locked) {
    return locked;
  }
  const Result<int> version = version_of(connection);
  if (!version) return version.error();
  std::string script = *version > 0
                           ? ""
                           : "CREATE SCHEMA IF NOT EXISTS baton; CREATE TABLE baton.migrations "
                             "(version integer PRIMARY KEY, file text NOT NULL, "
                             "at timestamptz NOT NULL DEFAULT clock_timestamp());";
  for (std::size_t i = static_cast<std::size_t>(*version); i < files.size(); ++i) {
    script += fmt::format("{}\nINSERT INTO baton.migrations (version, file) VALUES ({}, '{}');",
                          *embedded_file(files[i]), i + 1, files[i]);
  }
  return connection.run_script(script + "COMMIT; SET lock_timeout = '5s'");
}

}  // namespace

Status migrate(PgConnection& connection, const PostgresAddress& address) {
  const std::vector<std::string_view> files = embedded_files(kFolder);
  BATON_CHECK(!files.empty());
  const int known = static_cast<int>(files.size());
  const Result<int> version = version_of(connection);
  if (!version) return version.error();
  if (*version > known) {
    return storage_error(fmt::format(
        "{}: its tables are of version {}, and this baton knows versions up to {}: use the baton "
        "that wrote them, or a later one",
        address.shown(), *version, known));
  }
  if (*version == known) return {};
  Status migrated = migrate_alone(connection, files);
  if (migrated) return migrated;
  (void)connection.run_script("ROLLBACK");
  return storage_error(fmt::format(
      "making the tables of version {} in schema baton: {}; the role needs CREATE on the database, "
      "or let its owner run a command of baton on it once",
      known, migrated.error().message));
}

}  // namespace baton
