#include <boost/json.hpp>

#include "report/agent_report.h"
#include "report/agent_words.h"
#include "report/cost_json.h"
#include "report/finding_text.h"
#include "report/json_text.h"
#include "report/percent.h"

namespace baton {
namespace {

namespace json = boost::json;

json::value to_value(const FileDelta& file) {
  return {{"status", json_text(std::string(1, file.status))},
          {"path", json_text(file.path)},
          {"added", file.added},
          {"removed", file.removed}};
}

json::value to_value(const AgentTaskLine& task) {
  return {{"id", task.id.to_string()},
          {"kind", json_text(task.kind)},
          {"title", json_text(task.title)},
          {"worker", json_text(task.worker)},
          {"reason", json_text(task.reason)},
          {"tier", json_text(task.tier)},
          {"model", json_text(task.model)},
          {"status", json_text(task.status)},
          {"note", json_text(task.note)},
          {"attempts", task.attempts},
          {"turns", task.turns},
          {"tool_calls", task.tool_calls},
          {"charged_usd", json_dollars(task.charged)},
          {"summary", json_text(task.summary)},
          {"result", json_text(task.result)},
          {"files", json_texts(task.files)},
          {"notes", json_texts(task.notes)},
          {"of", json_text(task.of)},
          {"trouble", json_text(task.trouble)},
          {"conflicts", json_texts(task.conflicts)}};
}

json::value to_value(const CheckLine& check) {
  return {{"command", json_text(check.command)},
          {"state", to_string(check.state)},
          {"task", json_text(check.task)},
          {"merged", check.merged},
          {"runs", check.runs},
          {"failures", check.failures},
          {"detail", json_text(check.detail)}};
}

json::value to_value(const ReviewRound& round) {
  return {{"round", round.round},
          {"task", round.task.to_string()},
          {"status", json_text(round.status)},
          {"findings", round.findings},
          {"fix", round.fix ? json::value(round.fix->to_string()) : json::value(nullptr)},
          {"fix_status", json_text(round.fix_status)}};
}

json::value to_value(const Finding& finding) {
  return finding_to_json(finding);
}

json::value to_value(const ContextLine& context) {
  json::object out{{"role", json_text(context.role)},
                   {"model", json_text(context.model)},
                   {"largest_prompt_tokens", context.largest.count()},
                   {"window_tokens", nullptr},
                   {"window_percent", nullptr},
                   {"pack_tokens", context.pack.count()},
                   {"pack_budget_tokens", context.budget.count()},
                   {"left_out", json_texts(context.left_out)}};
  if (context.window) {
    out["window_tokens"] = context.window->count();
    out["window_percent"] = percent(context.largest.count(), context.window->count());
  }
  return out;
}

template <typename T>
json::array to_array(const std::vector<T>& values) {
  json::array out;
  for (const T& value : values) out.push_back(to_value(value));
  return out;
}

json::object by_worker(const AgentReport& report) {
  json::object out;
  for (const CostLine& line : report.by_worker) {
    out[json_text(line.name).as_string()] = {{"calls", line.calls},
                                             {"charged_usd", json_dollars(line.charged)},
                                             {"tokens", tokens_object(line.usage)}};
  }
  return out;
}

json::object cost_part(const AgentReport& report) {
  json::object out = cost_object(report.cost);
  out["by_worker"] = by_worker(report);
  out["compared_all_deep_usd"] = json_dollars_or_null(report.compared);
  return out;
}

}  // namespace

std::string to_json(const AgentReport& report) {
  const json::object out{{"run_id", report.run},
                         {"workflow", json_text(report.workflow)},
                         {"status", json_text(report.status)},
                         {"reason", json_text(report.reason)},
                         {"request", json_text(report.request)},
                         {"started", timestamp_of(report.started)},
                         {"elapsed_ms", report.elapsed.count()},
                         {"approach", json_text(report.approach)},
                         {"answer", json_text(report.answer)},
                         {"base", json_text(report.base)},
                         {"branch", json_text(report.branch)},
                         {"commit", json_text_or_null(report.commit)},
                         {"undelivered", json_text(report.undelivered)},
                         {"changed", to_array(report.changed)},
                         {"tasks", to_array(report.tasks)},
                         {"checks", to_array(report.checks)},
                         {"reviews", to_array(report.reviews)},
                         {"findings", to_array(report.findings)},
                         {"contexts", to_array(report.contexts)},
                         {"repository_tokens", report.repository.count()},
                         {"notes", json_texts(report.notes)},
                         {"cost", cost_part(report)}};
  return pretty_json(out);
}

}  // namespace baton
