// How many events a second become durable on SQLite, by the number of callers (callers.h); beside
// it, what a program does that has no journal of its own: one transaction an event.
//
//   journal_bench FOLDER SECONDS
//
// The appends of callers that wait together share a commit. They share one run, as the workers of a
// review do, or have one each, as the runs of a fleet's worker. FOLDER (made, and removed at the
// end) chooses the disk. Prints an object of JSON a measurement, each of that many seconds.
#include <fmt/format.h>

#include <cstdlib>

#include "callers.h"
#include "plain_sqlite.h"
#include "store/sqlite_journal.h"

namespace {

using namespace baton;
using namespace baton::bench;

struct Setting {
  const char* name;
  Workload workload;
  bool own_runs;
};
constexpr Setting kSettings[] = {{"event", Workload::kEvent, false},
                                 {"event, own runs", Workload::kEvent, true},
                                 {"call", Workload::kCall, false}};

void measure(const std::filesystem::path& folder, const Setting& setting, int callers,
             double seconds) {
  std::filesystem::remove_all(folder);
  TaskLoop loop;
  Result<std::unique_ptr<Journal>> journal = open_sqlite_journal(
      folder, [&loop](std::function<void()> task) { loop.post(std::move(task)); });
  if (!journal) stop(journal.error());

  const int runs = setting.own_runs ? callers : 1;
  Stopwatch watch;
  Callers all(**journal, setting.workload, watch.after(seconds));
  for (int i = 0; i < runs; ++i) {
    const RunId run = fmt::format("r-{}", i);
    (*journal)->append(run, {RunCreated{.run = run}}, {}, [](const Status& status) {
      if (!status) stop(status.error());
    });
    all.start(run, callers / runs);
  }
  loop.run_while([&all] { return all.waiting() > 0; });
  print_rate("baton", setting.name, callers, all.durable(), watch);
  journal->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: journal_bench FOLDER SECONDS\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const double seconds = std::atof(argv[2]);
  for (const int callers : {1, 16, 64}) {
    for (const Setting& setting : kSettings) measure(folder, setting, callers, seconds);
    measure_plain_sqlite(folder, PlainMode::kWal, callers, seconds);
    measure_plain_sqlite(folder, PlainMode::kAsItComes, callers, seconds);
  }
  return 0;
}
