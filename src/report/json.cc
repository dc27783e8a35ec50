#include <boost/json.hpp>

#include "report/cost_json.h"
#include "report/finding_text.h"
#include "report/json_text.h"
#include "report/review_report.h"

namespace baton {
namespace {

namespace json = boost::json;

json::value to_value(const Finding& finding) {
  return finding_to_json(finding);
}

json::value to_value(const TaskLine& task) {
  return {{"id", task.id.to_string()},        {"type", json_text(task.type)},
          {"title", json_text(task.title)},   {"role", to_string(task.role)},
          {"tier", json_text(task.tier)},     {"model", json_text(task.model)},
          {"status", json_text(task.status)}, {"attempts", task.attempts},
          {"note", json_text(task.note)},     {"findings", task.findings}};
}

json::value to_value(const LeftToModels& left) {
  return {{"type", json_text(left.type)},
          {"tier", json_text(left.tier)},
          {"estimate_usd", json_dollars(left.estimate)}};
}

json::value to_value(const SkippedFile& file) {
  return {{"path", json_text(file.path)}, {"reason", json_text(file.reason)}};
}

json::value to_value(const std::string& note) {
  return json_text(note);
}

template <typename T>
json::array to_array(const std::vector<T>& values) {
  json::array out;
  for (const T& value : values) out.push_back(to_value(value));
  return out;
}

}  // namespace

std::string to_json(const ReviewReport& report) {
  const json::object out{{"run_id", report.run},
                         {"status", json_text(report.status)},
                         {"reason", json_text(report.reason)},
                         {"title", json_text(report.title)},
                         {"started", timestamp_of(report.started)},
                         {"elapsed_ms", report.elapsed.count()},
                         {"files_reviewed", report.files_reviewed},
                         {"lines_added", report.lines_added},
                         {"summary", json_text(report.summary)},
                         {"synthesised", report.synthesised},
                         {"findings", to_array(report.findings)},
                         {"dropped_findings", report.dropped_findings},
                         {"dropped_detail", json_text(report.dropped_detail)},
                         {"tasks", to_array(report.tasks)},
                         {"missing", to_array(report.missing)},
                         {"left_to_models", to_array(report.left_to_models)},
                         {"skipped", to_array(report.skipped)},
                         {"notes", to_array(report.notes)},
                         {"cost", cost_object(report.cost)}};
  return pretty_json(out);
}

}  // namespace baton
