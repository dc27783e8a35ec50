#include "app/repair_command.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/say.h"
#include "app/settings.h"
#include "app/store.h"
#include "base/text.h"
#include "shell/loop.h"
#include "store/postgres_journal.h"
#include "store/sqlite_repair.h"

namespace baton {
namespace {

namespace json = boost::json;

std::string line(const RunRepair& run) {
  const bool booked_before = run.booked == Money() && run.known;
  const std::string amount =
      fmt::format("{}{}", run.known ? "up to " : "at least ", run.booked.to_display());
  const std::string note = run.what.empty() ? "" : fmt::format(" ({})", run.what);
  if (run.kept == 0) {
    return fmt::format(
        "{}: nothing is left of it{}; it may have cost {}: that is written down, and in no run's "
        "ledger",
        run.run, note, amount);
  }
  if (run.lost == 0)
    return fmt::format("{}: all {} events are there{}; what guards them was made anew", run.run,
                       run.kept, note);
  const std::string cost =
      booked_before ? std::string("what they may have cost is booked already")
                    : fmt::format("they may have cost {}, now booked as unknown", amount);
  return fmt::format("{}: {} events kept, {} lost{}; {}; `baton resume {}` goes on", run.run,
                     run.kept, run.lost, note, cost, run.run);
}

void print_text(const RepairReport& report) {
  if (report.did_nothing()) {
    fmt::print("Nothing to repair.\n");
    return;
  }
  if (report.finished_earlier)
    fmt::print("An earlier repair had been interrupted: it is finished now\n");
  for (const RunRepair& run : report.runs) fmt::print("{}\n", for_terminal(line(run)));
  if (report.lost_texts > 0) {
    fmt::print("{} stored text{} lost; what needs one of them will say so\n", report.lost_texts,
               report.lost_texts == 1 ? " is" : "s are");
  }
  if (report.still_lost > 0) {
    fmt::print("{} more run{} lost {}: the journal is only read until `baton repair`\n",
               report.still_lost, report.still_lost == 1 ? " has" : "s have",
               report.still_lost == 1 ? "its end" : "their ends");
  }
  if (report.backup.empty()) return;
  fmt::print("{} run{} as sound as before\nWhat was there is kept: {}, and the heads beside it\n",
             report.sound_runs, report.sound_runs == 1 ? " is" : "s are", report.backup.string());
}

void print_json(const RepairReport& report) {
  json::array runs;
  for (const RunRepair& run : report.runs) {
    runs.push_back(json::object{{"run", run.run},
                                {"kept_events", run.kept},
                                {"lost_events", run.lost},
                                {"booked_usd", run.booked.to_string()},
                                {"booked_all", run.known},
                                {"what", run.what}});
  }
  const json::object all = {{"repaired", !report.did_nothing()},
                            {"backup", report.backup.string()},
                            {"sound_runs", report.sound_runs},
                            {"lost_texts", report.lost_texts},
                            {"still_lost", report.still_lost},
                            {"finished_earlier", report.finished_earlier},
                            {"runs", std::move(runs)}};
  fmt::print("{}\n", json::serialize(all));
}

// Its tables are PostgreSQL's to mend, from backups; what is ours to say is that such a backup is
// taken as it is.
ExitCode repair_shared(const StorePlace& place, const RepairOptions& options) {
  if (!options.accept_restored || !options.run.empty()) {
    return say(
        usage_error("a PostgreSQL store is mended by its own means, from its backups; once an "
                    "older copy was put "
                    "back, `baton repair --accept-restored` takes it as it is"));
  }
  const Result<std::string> noted = accept_restored(place.url);
  if (!noted) return say(noted.error());
  if (options.format == "json") {
    fmt::print("{}\n", json::serialize(json::object{{"repaired", true}, {"noted", *noted}}));
  } else {
    fmt::print(
        "{}: {}. Calls are reserved again; what was paid for after the copy was made is not in "
        "its ledger.\n",
        postgres_url_shown(place.url), for_terminal(*noted));
  }
  return ExitCode::kDone;
}

}  // namespace

ExitCode repair_command(const RepairOptions& options) {
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  if (place->is_shared()) return repair_shared(*place, options);
  if (options.accept_restored)
    return say(usage_error("--accept-restored is for a store that machines share (--store)"));
  const std::optional<RunId> run =
      options.run.empty() ? std::nullopt : std::optional<RunId>(options.run);
  const Result<RepairReport> report = repair_sqlite_journal(place->state, run, system_now());
  if (!report) return say(report.error());
  options.format == "json" ? print_json(*report) : print_text(*report);
  return ExitCode::kDone;
}

}  // namespace baton
