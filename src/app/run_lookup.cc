#include "app/run_lookup.h"

#include <fmt/format.h>

#include <filesystem>

#include "store/sqlite_journal.h"

namespace baton {

Result<std::unique_ptr<Journal>> open_existing(const std::string& option) {
  const Result<std::filesystem::path> state = state_folder(option);
  if (!state) return state.error();
  std::error_code error;
  if (!std::filesystem::exists(*state, error)) {
    return usage_error(
        fmt::format("there are no runs in {} yet; `baton review` makes one", state->string()));
  }
  return open_sqlite_journal(*state, [](const std::function<void()>& work) { work(); });
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

std::string status_shown(Journal& journal, const RunSummary& run) {
  if (run.status != to_string(RunStatus::kRunning)) return run.status;
  return journal.lease(run.run).ok() ? "interrupted" : "running";
}

}  // namespace baton
