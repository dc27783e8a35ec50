#include "app/run_lookup.h"

#include <fmt/format.h>

#include <filesystem>

namespace baton {

Result<std::unique_ptr<Journal>> open_existing(const StorePlace& place) {
  std::error_code error;
  if (!place.is_shared() && !std::filesystem::exists(place.state, error)) {
    return usage_error(
        fmt::format("there are no runs in {} yet; `baton review` makes one", place.state.string()));
  }
  return open_store(place, at_once);
}

Result<std::unique_ptr<Journal>> open_existing(const StoreOptions& options) {
  const Result<StorePlace> place = store_place(options);
  if (!place) return place.error();
  return open_existing(*place);
}

Result<Queue> queue_of(Journal& journal) {
  Queue queue;
  if (journal.fleet() == nullptr) return queue;
  Result<std::vector<QueuedRun>> runs = journal.fleet()->queue();
  if (!runs) return runs.error();
  for (QueuedRun& run : *runs) queue.emplace(run.run, std::move(run));
  return queue;
}

Result<RunId> chosen_run(Journal& journal, const std::string& given) {
  if (!given.empty()) return given;
  const Result<std::vector<RunSummary>> runs = journal.runs();
  if (!runs) return runs.error();
  if (runs->empty()) return usage_error("there are no runs yet; `baton review` makes one");
  return runs->front().run;
}

Result<RunRequest> request_of(Journal& journal, const RunId& run,
                              const std::vector<Event>& events) {
  const RunCreated* created = events.empty() ? nullptr : std::get_if<RunCreated>(&events.front());
  if (created == nullptr) {
    return storage_error(
        fmt::format("the journal of {} has no beginning; `baton verify` says more", run));
  }
  const Result<std::string> asked = journal.blob(created->request);
  if (!asked) return asked.error();
  return read_request(*asked);
}

Error no_such_run(const RunId& run) {
  return not_found(fmt::format("there is no run '{}'; `baton runs` lists them", run));
}

std::string status_shown(Journal& journal, const RunSummary& run, const Queue& queue) {
  if (const auto queued = queue.find(run.run); queued != queue.end()) {
    switch (queued->second.state) {
      case QueueState::kWaiting:
        return "queued";
      case QueueState::kDriven:
        return "running";
      case QueueState::kQuarantined:
        return "quarantined";
      case QueueState::kParked:
      case QueueState::kDone:
        break;
    }
  }
  if (run.status != to_string(RunStatus::kRunning)) return run.status;
  return journal.lease(run.run).ok() ? "interrupted" : "running";
}

std::string quarantine_text(const QueuedRun& queued) {
  return fmt::format("{} worker{} died of it, the last {}; `baton resume {} --submit` tries again",
                     queued.deaths, queued.deaths == 1 ? "" : "s", queued.worker, queued.run);
}

}  // namespace baton
