#include <boost/json.hpp>

#include "report/cost_json.h"
#include "report/json_text.h"
#include "report/percent.h"
#include "report/sprint_report.h"

namespace baton {
namespace {

namespace json = boost::json;

json::value or_null(const std::optional<int>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::value to_value(const SprintJobLine& job) {
  return {{"name", json_text(job.name)},        {"kind", job.kind},
          {"repo", json_text(job.repo)},        {"status", to_string(job.state)},
          {"note", json_text(job.note)},        {"run_id", json_text_or_null(job.run)},
          {"cost_usd", json_dollars(job.cost)}, {"unknown_usd", json_dollars(job.unknown)},
          {"cap_usd", json_dollars(job.cap)},   {"worked_ms", job.worked.count()},
          {"files", or_null(job.files)},        {"tasks", job.tasks},
          {"tasks_done", job.tasks_done},       {"branch", json_text_or_null(job.branch)}};
}

json::object to_object(const SprintTotals& totals) {
  const auto tenths = totals.tenths_per_hour();
  return {{"jobs", totals.jobs},
          {"done", totals.done},
          {"cost_usd", json_dollars(totals.cost)},
          {"unknown_usd", json_dollars(totals.unknown)},
          {"cost_per_job_usd", json_dollars_or_null(totals.cost_per_job())},
          {"files_changed", totals.files_changed},
          {"cost_per_changed_file_usd", json_dollars_or_null(totals.cost_per_changed_file())},
          {"files_reviewed", totals.files_reviewed},
          {"cost_per_reviewed_file_usd", json_dollars_or_null(totals.cost_per_reviewed_file())},
          {"worked_ms", totals.worked.count()},
          {"jobs_per_hour",
           tenths ? json::value(static_cast<double>(*tenths) / 10) : json::value(nullptr)}};
}

json::value to_value(const CostLine& line, Money whole) {
  return {{"model", json_text(line.name)},
          {"calls", line.calls},
          {"charged_usd", json_dollars(line.charged)},
          {"share_percent", percent(line.charged.picodollars(), whole.picodollars())},
          {"tokens", tokens_object(line.usage)}};
}

}  // namespace

std::string to_json(const SprintReport& report) {
  json::array jobs;
  for (const SprintJobLine& job : report.jobs) jobs.push_back(to_value(job));
  json::array models;
  for (const CostLine& line : report.by_model) models.push_back(to_value(line, report.totals.cost));
  json::array earlier;
  for (const EarlierSprint& sprint : report.earlier) {
    json::object one{{"sprint_id", sprint.id}, {"began", timestamp_of(sprint.began)}};
    one["totals"] = to_object(sprint.totals);
    earlier.push_back(std::move(one));
  }
  const json::object out{{"sprint_id", report.id},
                         {"name", json_text(report.name)},
                         {"status", report.status},
                         {"reason", json_text(report.reason)},
                         {"began", timestamp_of(report.began)},
                         {"sittings", report.sittings},
                         {"parallel", report.parallel},
                         {"minutes", or_null(report.minutes)},
                         {"budget_usd", json_dollars(report.budget)},
                         {"budget_used_percent",
                          percent(report.totals.cost.picodollars(), report.budget.picodollars())},
                         {"jobs", std::move(jobs)},
                         {"by_model", std::move(models)},
                         {"totals", to_object(report.totals)},
                         {"earlier", std::move(earlier)}};
  return pretty_json(out);
}

}  // namespace baton
