// Reads the whole of a shared journal and says what is wrong with it.
#pragma once

#include <vector>

#include "store/journal.h"
#include "store/postgres_store.h"

namespace baton {

// Runs are read one by one, each as of one moment: others may write meanwhile.
Result<std::vector<Damage>> verify_postgres(PgConnection& connection, PostgresStore& store);

}  // namespace baton
