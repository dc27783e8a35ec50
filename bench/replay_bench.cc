// How fast a run is read back: its events with their chain checked, and the fold of them.
//
//   replay_bench STATE RUN
//
// Prints {"events": N, "read_s": S, "fold_s": S}, each the best of five.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/run_state.h"
#include "measure.h"
#include "store/sqlite_journal.h"

namespace {

using namespace baton;

template <typename T>
T value_or_stop(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "replay_bench: {}\n", result.error().message);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: replay_bench STATE RUN\n");
    return 2;
  }
  const auto journal = value_or_stop(
      open_sqlite_journal(argv[1], [](const std::function<void()>& work) { work(); }));
  double read = 1e9;
  double fold = 1e9;
  std::size_t count = 0;
  for (int i = 0; i < 5; ++i) {
    const bench::Stopwatch reading;
    const std::vector<Event> events = value_or_stop(journal->events(argv[2]));
    read = std::min(read, reading.wall());
    const bench::Stopwatch folding;
    const RunState state = value_or_stop(replay(events));
    fold = std::min(fold, folding.wall());
    count = events.size();
  }
  fmt::print("{{\"events\": {}, \"read_s\": {:.4f}, \"fold_s\": {:.4f}}}\n", count, read, fold);
  return 0;
}
