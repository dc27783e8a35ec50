// Commands that read what runs have left: runs, show.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/commands.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/settings.h"
#include "base/text.h"
#include "core/run_state.h"
#include "report/cache_report.h"

namespace baton {
namespace {

namespace json = boost::json;

// What parked it, as its last end says.
std::string why_parked(Journal& journal, const QueuedRun& queued) {
  if (queued.state != QueueState::kParked) return {};
  const Result<std::vector<Event>> events = journal.events(queued.run);
  if (!events) return events.error().message;
  for (auto event = events->rbegin(); event != events->rend(); ++event) {
    if (const auto* ended = std::get_if<RunEnded>(&*event)) return ended->reason;
  }
  return {};
}

json::object summary_json(Journal& journal, const RunSummary& run, const Queue& queue) {
  json::object row{{"run_id", run.run},
                   {"workflow", run.workflow},
                   {"title", run.title},
                   {"created", timestamp_of(run.created)},
                   {"updated", timestamp_of(run.updated)},
                   {"status", status_shown(journal, run, queue)},
                   {"spent_usd", run.spent.to_string()},
                   {"events", run.events}};
  if (!run.key.empty()) row["key"] = run.key;
  if (const auto queued = queue.find(run.run); queued != queue.end()) {
    row["queue"] = json::object{{"state", to_string(queued->second.state)},
                                {"worker", queued->second.worker},
                                {"deaths", queued->second.deaths},
                                {"age_ms", queued->second.age.count()}};
    if (const std::string why = why_parked(journal, queued->second); !why.empty())
      row["reason"] = why;
  }
  return row;
}

// What a line of `baton runs` says beside: who drives it, or why nobody does.
std::string queue_text(Journal& journal, const QueuedRun& queued) {
  switch (queued.state) {
    case QueueState::kDriven:
      return "by " + queued.worker;
    case QueueState::kQuarantined:
      return quarantine_text(queued);
    case QueueState::kParked:
      return why_parked(journal, queued);
    case QueueState::kWaiting:
      return queued.deaths > 0 ? fmt::format("{} worker{} died of it", queued.deaths,
                                             queued.deaths == 1 ? "" : "s")
                               : std::string();
    case QueueState::kDone:
      break;
  }
  return {};
}

std::string task_text(const RunState& run, const Task& task) {
  std::string text =
      fmt::format("  {:<5} {:<34} {:<9} {:<20} {}", task.spec.id.to_string(), task.spec.type,
                  to_string(task.tier), task.model, to_string(task.status));
  if (task.attempts > 1) fmt::format_to(std::back_inserter(text), ", {} attempts", task.attempts);
  if (!task.turns.empty())
    fmt::format_to(std::back_inserter(text), ", {} turns", task.turns.size() + 1);
  if (!task.spec.after.empty()) {
    std::vector<std::string> before;
    for (const TaskId id : task.spec.after) before.push_back(id.to_string());
    fmt::format_to(std::back_inserter(text), ", after {}", fmt::join(before, " "));
  }
  if (!task.note.empty()) fmt::format_to(std::back_inserter(text), "\n        {}", task.note);
  for (const auto& [id, call] : run.open_calls) {
    if (call.task == task.spec.id) {
      fmt::format_to(std::back_inserter(text), "\n        {} in flight or lost, {} set aside",
                     id.to_string(), call.hold.to_display());
    }
  }
  return text;
}

void show_unknown(const std::vector<Event>& events) {
  for (const Event& event : events) {
    const auto* end = std::get_if<CallEnded>(&event);
    if (end == nullptr || end->bill != BillState::kUnknown) continue;
    fmt::print("  {} {}{}: {}; booked {}\n", timestamp_of(end->at), end->call.to_string(),
               end->request_id.empty() ? "" : " " + end->request_id, for_terminal(end->message),
               end->charge.to_display());
  }
}

}  // namespace

ExitCode runs_command(const RunOptions& options) {
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return say(journal.error());
  const Result<std::vector<RunSummary>> runs = (*journal)->runs();
  if (!runs) return say(runs.error());
  const Result<Queue> queue = queue_of(**journal);
  if (!queue) return say(queue.error());
  if (options.format == "json") {
    json::array rows;
    for (const RunSummary& run : *runs) rows.push_back(summary_json(**journal, run, *queue));
    fmt::print("{}\n", json::serialize(rows));
    return ExitCode::kDone;
  }
  if (runs->empty()) fmt::print("There are no runs yet; `baton review` makes one.\n");
  for (const RunSummary& run : *runs) {
    fmt::print("{:<14}  {}  {:<16}  {:>9}  {}\n", run.run, timestamp_of(run.created),
               status_shown(**journal, run, *queue), run.spent.to_display(),
               for_terminal(shorten(run.title, 60)));
    const auto queued = queue->find(run.run);
    if (queued == queue->end()) continue;
    if (const std::string more = queue_text(**journal, queued->second); !more.empty())
      fmt::print("                {}\n", for_terminal(more));
  }
  return ExitCode::kDone;
}

ExitCode show_command(const RunOptions& options) {
  const Result<Tables> tables = load_tables(options.prices, "");
  if (!tables) return say(tables.error());
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return say(journal.error());
  const Result<RunId> id = chosen_run(**journal, options.run);
  if (!id) return say(id.error());
  const Result<std::vector<Event>> events = (*journal)->events(*id);
  if (!events) return say(events.error());
  const Result<RunState> run = replay(*events);
  if (!run) return say(run.error());
  const Result<Queue> queue = queue_of(**journal);
  if (!queue) return say(queue.error());
  const RunSummary standing{.run = *id, .status = std::string(to_string(run->status))};
  fmt::print("{}  {}  {}\n", *id, run->created.workflow, for_terminal(run->created.title));
  fmt::print("{}, begun {}, {} events{}\n", status_shown(**journal, standing, *queue),
             timestamp_of(run->created.at), events->size(),
             run->reason.empty() ? "" : ": " + for_terminal(run->reason));
  if (!run->created.mode_reason.empty()) fmt::print("{}\n", for_terminal(run->created.mode_reason));
  fmt::print(
      "{} spent{}{}, prices of catalogue {}\n\nTasks\n", run->budget.charged().to_display(),
      run->budget.cap() ? " of " + run->budget.cap()->to_display() : "",
      run->unknown > Money() ? " (" + run->unknown.to_display() + " of it booked, not known)" : "",
      run->created.catalog_version);
  for (const Task& task : run->tasks) fmt::print("{}\n", for_terminal(task_text(*run, task)));
  if (const std::string cache = cache_text(cache_of(*events, tables->catalog)); !cache.empty())
    fmt::print("\n{}", cache);
  if (run->unknown > Money()) {
    fmt::print("\nCalls whose bill is not known, booked at their worst case\n");
    show_unknown(*events);
  }
  return ExitCode::kDone;
}

}  // namespace baton
