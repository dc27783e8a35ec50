// The tables of the shared journal: migrations/postgres/NNNN_*.sql, applied in order, never taken
// back.
#pragma once

#include "store/postgres_connection.h"

namespace baton {

// Brings the database to what this program knows, one process at a time, in one transaction.
// kStorage if it is of a later version already, or if the role may not make tables.
Status migrate(PgConnection& connection, const PostgresAddress& address);

}  // namespace baton
