#include "app/worker_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "app/fleet_limits.h"
#include "app/fleet_worker.h"
#include "app/queue_commands.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/spend_options.h"
#include "base/text.h"
#include "shell/curl_client.h"
#include "store/file.h"
#include "store/postgres_journal.h"

namespace baton {
namespace {

namespace json = boost::json;

// Longer than anybody waits: the journal of a worker outlives whatever happens to its server.
constexpr Millis kOutage = Millis::seconds(7 * 24 * 3600);
// Reading a long run may keep the loop for a while.
constexpr Millis kLeastHang = Millis::seconds(60);

Millis seconds(double count) {
  return Millis(static_cast<std::int64_t>(count * 1000));
}

FleetWorkerTerms terms_of(const WorkerOptions& options) {
  return {.runs = options.runs,
          .most_deaths = options.most_deaths,
          .drain = seconds(options.drain),
          .until_empty = options.until_empty,
          .most_claims = options.once ? 1 : 0};
}

std::string counts_text(const std::map<QueueState, int>& counts) {
  std::string text;
  for (const QueueState state :
       {QueueState::kWaiting, QueueState::kDriven, QueueState::kParked, QueueState::kQuarantined}) {
    const auto found = counts.find(state);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        found == counts.end() ? 0 : found->second, to_string(state));
  }
  return text;
}

}  // namespace

ExitCode worker_command(const WorkerOptions& options) {
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  if (!place->is_shared()) {
    return say(usage_error(
        "a worker takes runs from a store that machines share: give --store postgresql://… or set "
        "BATON_STORE (docs/fleet.md)"));
  }
  const Result<Endpoint> where = endpoint();
  if (!where) return say(where.error());
  if (where->credentials.empty()) {
    return say(
        usage_error("a worker needs a key of its own: set ANTHROPIC_API_KEY or "
                    "ANTHROPIC_AUTH_TOKEN; without one "
                    "it could only keep runs from workers that have one"));
  }
  const Result<Tables> tables = load_tables("", "");
  if (!tables) return say(tables.error());
  const Result<std::string> here = place_of_state(place->state);
  if (!here) return say(here.error());
  Loop loop;
  const Result<std::unique_ptr<Journal>> journal =
      open_store(*place, [&loop](std::function<void()> work) { loop.post(std::move(work)); },
                 {.lease = seconds(options.lease),
                  .outage = kOutage,
                  .hung_after = std::max(seconds(options.lease) * 2, kLeastHang)});
  if (!journal) return say(journal.error());
  const std::unique_ptr<HttpClient> http = make_curl_client(loop, {});
  Pacer pacer;
  join_fleet(loop, **journal, pacer);
  say(fmt::format("taking up to {} runs at a time from {}, as {}", options.runs,
                  postgres_url_shown(place->url), *here));
  FleetWorker worker({loop, **journal, *http, pacer}, *tables, *where, {place->state, *here},
                     terms_of(options));
  const Status ended = worker.run();
  if (!ended) return say(ended.error());
  return ExitCode::kDone;
}

ExitCode fleet_command(const FleetOptions& options) {
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return say(journal.error());
  if (Status shared = check_fleet(**journal, "`baton fleet`"); !shared) return say(shared.error());
  Fleet& fleet = *(*journal)->fleet();
  const Result<std::vector<QueuedRun>> queue = fleet.queue();
  if (!queue) return say(queue.error());
  const Result<std::vector<WorkerSeen>> workers = fleet.workers();
  if (!workers) return say(workers.error());
  std::map<QueueState, int> counts;
  Millis oldest;
  for (const QueuedRun& run : *queue) {
    ++counts[run.state];
    if (run.state == QueueState::kWaiting) oldest = std::max(oldest, run.age);
  }
  if (options.format == "json") {
    json::object states;
    for (const QueueState state :
         {QueueState::kWaiting, QueueState::kDriven, QueueState::kParked, QueueState::kQuarantined})
      states[to_string(state)] = counts[state];
    json::array rows;
    for (const WorkerSeen& worker : *workers) {
      rows.push_back(json::object{{"name", worker.name},
                                  {"runs", worker.runs},
                                  {"heard_ago_ms", worker.heard_ago.count()}});
    }
    fmt::print("{}\n", json::serialize(json::object{{"queue", std::move(states)},
                                                    {"longest_wait_ms", oldest.count()},
                                                    {"workers", std::move(rows)}}));
    return ExitCode::kDone;
  }
  fmt::print("runs: {}", counts_text(counts));
  if (oldest > Millis(0)) fmt::print("; the longest has waited {}", duration_text(oldest));
  fmt::print("\n");
  if (workers->empty()) fmt::print("no worker has been heard of lately\n");
  for (const WorkerSeen& worker : *workers) {
    fmt::print("{:<32} {} run{}, heard of {} ago\n", for_terminal(worker.name), worker.runs,
               worker.runs == 1 ? " " : "s", duration_text(worker.heard_ago));
  }
  return ExitCode::kDone;
}

}  // namespace baton
