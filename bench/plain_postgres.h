// What a program does that has no journal of its own: each worker has a connection, takes a run
// from a table, and writes each event in a transaction of its own, with the row of the ledger that
// it changes. The event is text already, nothing is hashed, no lease is checked and no summary
// kept.
#pragma once

#include <string>

namespace baton::bench {

// Makes the tables, and `runs` runs that wait.
void prepare_plain_postgres(const std::string& url, int runs);
// `workers` threads, each with a connection. Both print a rate.
void measure_plain_claims(const std::string& url, int workers, double seconds);
void measure_plain_reserves(const std::string& url, int workers, double seconds);

}  // namespace baton::bench
