#include "workflow/agent_result.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostFindings = 100;
constexpr std::size_t kMostLines = 100;  // of files and notes in one answer
constexpr std::size_t kLongestFinding = 2'000;
constexpr std::int64_t kLastLine = 100'000'000;

json::array write_checks(const std::vector<CheckRun>& checks) {
  json::array array;
  for (const CheckRun& check : checks) {
    array.push_back(json::object{
        {"command", check.command}, {"passed", check.passed}, {"output", check.output}});
  }
  return array;
}

std::vector<CheckRun> read_checks(const json::object& object, std::string_view key) {
  std::vector<CheckRun> checks;
  each_object_at(object, key, [&](const json::object& item) {
    checks.push_back({std::string(text_at(item, "command")),
                      bool_at(item, "passed").value_or(false),
                      std::string(text_at(item, "output"))});
  });
  return checks;
}

std::vector<std::string> few_texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts = short_texts_at(object, key, kLongestFinding);
  texts.resize(std::min(texts.size(), kMostLines));
  return texts;
}

Finding read_finding(const json::object& item, std::string_view source) {
  Finding finding;
  finding.file = short_text_at(item, "file", kLongestFinding);
  finding.line = static_cast<int>(
      std::clamp<std::int64_t>(integer_at(item, "line").value_or(0), 0, kLastLine));
  finding.severity = severity_from(text_at(item, "severity")).value_or(Severity::kMedium);
  finding.category = "review";
  finding.message = short_text_at(item, "message", kLongestFinding);
  finding.suggestion = short_text_at(item, "suggestion", kLongestFinding);
  finding.source = source;
  return finding;
}

}  // namespace

std::string write_agent_result(const AgentResult& result) {
  return json::serialize(json::object{{"answer", result.answer},
                                      {"commit", result.commit},
                                      {"onto", result.onto},
                                      {"conflicts", array_of(result.conflicts)},
                                      {"checks", write_checks(result.checks)},
                                      {"note", result.note}});
}

Result<AgentResult> read_agent_result(std::string_view text) {
  const Result<json::object> object = parse_object(text, "the result of a task");
  if (!object) return object.error();
  AgentResult result;
  result.answer = text_at(*object, "answer");
  result.commit = text_at(*object, "commit");
  result.onto = text_at(*object, "onto");
  result.conflicts = texts_at(*object, "conflicts");
  result.checks = read_checks(*object, "checks");
  result.note = text_at(*object, "note");
  return result;
}

std::string write_trouble(const IntegrationTrouble& trouble) {
  return json::serialize(json::object{{"tree", trouble.tree},
                                      {"conflicts", array_of(trouble.conflicts)},
                                      {"failed", write_checks(trouble.failed)}});
}

Result<IntegrationTrouble> read_trouble(std::string_view text) {
  const Result<json::object> object = parse_object(text, "what a merge came to");
  if (!object) return object.error();
  if (text_at(*object, "tree").empty()) return input_error("what a merge came to names no tree");
  return IntegrationTrouble{std::string(text_at(*object, "tree")), texts_at(*object, "conflicts"),
                            read_checks(*object, "failed")};
}

AgentAnswer read_agent_answer(std::string_view text, std::string_view source) {
  AgentAnswer answer;
  const Result<json::object> object = parse_object(text, "the answer");
  if (!object) return answer;
  answer.summary = short_text_at(*object, "summary");
  answer.result = short_text_at(*object, "result", 4 * kLongestPlannedText);
  answer.files = few_texts_at(*object, "files");
  answer.notes = few_texts_at(*object, "notes");
  each_object_at(*object, "findings", [&](const json::object& item) {
    if (answer.findings.size() == kMostFindings || text_at(item, "message").empty()) return;
    answer.findings.push_back(read_finding(item, source));
  });
  return answer;
}

std::string write_review_answer(std::string_view summary, const std::vector<Finding>& findings) {
  json::array array;
  for (const Finding& finding : findings) {
    array.push_back(json::object{{"file", finding.file},
                                 {"line", finding.line},
                                 {"severity", to_string(finding.severity)},
                                 {"message", finding.message},
                                 {"suggestion", finding.suggestion}});
  }
  return json::serialize(json::object{{"summary", summary}, {"findings", std::move(array)}});
}

}  // namespace baton
