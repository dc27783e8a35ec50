#include "app/outlook.h"

#include "app/review_run.h"
#include "base/check.h"

namespace baton {
namespace {

// The next lower effort; empty where there is none. Without one given, models take "high" to be
// meant, or less.
std::string lower_than(const std::string& effort) {
  if (effort == "max") return "xhigh";
  if (effort == "xhigh") return "high";
  if (effort == "high" || effort.empty()) return "medium";
  if (effort == "medium") return "low";
  return {};
}

ForecastAsk ask_of(const Change& change, const Tables& tables, const RunRequest& request) {
  return {.change = change,
          .types = tables.types,
          .models = request.models,
          .catalog = tables.catalog,
          .date = date_of(system_now()),
          .prompt = {},
          .batch = request.batch,
          .parallel = request.parallel,
          .max_tasks = request.max_tasks,
          .budget = request.budget,
          .caps = request.caps,
          .limits = request.limits};
}

}  // namespace

std::vector<PastRun> project_history(Journal& journal, const std::string& project) {
  std::vector<PastRun> history;
  const Result<std::vector<RunSummary>> runs = journal.runs();
  if (!runs) return history;
  for (const RunSummary& run : *runs) {
    if (run.workflow != "review" || run.project != project) continue;
    const Result<std::vector<Event>> events = journal.events(run.run);
    if (events) history.push_back(past_run(*events));
    if (history.size() == kMostHistory) break;
  }
  return history;
}

ModelRequest first_request(const Change& change, const Tables& tables, RunRequest request,
                           Way way) {
  request.local = false;
  request.mode = to_string(way);
  Review review = make_review(change, tables, request);
  RunState run;
  for (const NewTask& task : review.first_tasks()) {
    review.added(task.spec, task.brief);
    evolve(run, TaskAdded{{}, task.spec});
  }
  const Task& first = run.task(TaskId(0));
  Ask asked = review.ask(run, first);
  BATON_CHECK(std::holds_alternative<Prompt>(asked));
  ModelRequest call;
  call.model = request.models[first.spec.tier];
  call.max_output = first.spec.max_output;
  call.prompt = std::get<Prompt>(std::move(asked));
  const Model* model = tables.catalog.find(call.model);
  if (model != nullptr && model->takes_effort) call.effort = first.spec.effort;
  return call;
}

Outlook outlook_of(const Change& change, const Tables& tables, const RunRequest& request,
                   const std::vector<PastRun>& history,
                   const std::optional<CountedPrompts>& counted) {
  ForecastAsk ask = ask_of(change, tables, request);
  const auto look_at = [&](const ModelRequest& first) {
    const Model* model = tables.catalog.find(first.model);
    ask.prompt = estimated_tokens(messages_body(first).size(),
                                  model == nullptr ? 100 : model->tokenizer_percent);
  };
  Outlook outlook;
  look_at(first_request(change, tables, request, Way::kOrchestrate));
  if (counted) ask.counted = counted->plan;
  outlook.prospects.orchestrate = forecast_review(ask, history);

  const ModelRequest direct = first_request(change, tables, request, Way::kDirect);
  look_at(direct);
  ask.way = Way::kDirect;
  ask.effort = request.effort;
  if (counted) ask.counted = counted->direct;
  outlook.prospects.direct = forecast_review(ask, history);
  const Model* model = tables.catalog.find(direct.model);
  if (model != nullptr) {
    outlook.prospects.direct_fits =
        ask.counted.value_or(ask.prompt) + direct.max_output <= model->context_window;
    outlook.prospects.lower_effort = model->takes_effort ? lower_than(direct.effort) : "";
  }
  if (!outlook.prospects.lower_effort.empty()) {
    ask.effort = outlook.prospects.lower_effort;
    outlook.prospects.lower = forecast_review(ask, history);
  }
  outlook.choice = choose_way(change, outlook.prospects, request.mode, request.effort);
  return outlook;
}

}  // namespace baton
