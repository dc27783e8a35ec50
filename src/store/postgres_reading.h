// What a group of appends touches, locked and read in one way there and back.
#pragma once

#include "store/postgres_connection.h"
#include "store/postgres_group.h"

namespace baton {

// Begins the transaction and marks it as the writer's `number`th.
Status read_group(PgConnection& connection, const std::string& writer, std::int64_t number,
                  PostgresGroup& work);

}  // namespace baton
