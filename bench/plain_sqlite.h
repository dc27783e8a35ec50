// What a program does that has no journal of its own: each caller is a thread that inserts its
// event in a transaction of its own, durable before it goes on. The event is text already, nothing
// is hashed, and no summary is kept.
#pragma once

#include <filesystem>

namespace baton::bench {

enum class PlainMode {
  kAsItComes,  // SQLite's defaults: a rollback journal, synchronous=FULL
  kWal,        // the best of its settings that loses nothing in a power cut: WAL, synchronous=FULL
};

// `callers` threads on one connection, in turn. Prints the rate.
void measure_plain_sqlite(const std::filesystem::path& folder, PlainMode mode, int callers,
                          double seconds);

}  // namespace baton::bench
