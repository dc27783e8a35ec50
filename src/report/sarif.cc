#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "report/json_text.h"
#include "report/review_report.h"
#include "report/sources.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::string_view kSchema = "https://json.schemastore.org/sarif-2.1.0.json";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
    case Severity::kHigh:
      return "error";
    case Severity::kMedium:
      return "warning";
    case Severity::kLow:
    case Severity::kInfo:
      return "note";
  }
  return "none";
}

// On the CVSS scale, in the middle of the band code hosts show under that name.
std::string_view security_severity_of(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "9.5";
    case Severity::kHigh:
      return "8.0";
    case Severity::kMedium:
      return "5.5";
    case Severity::kLow:
      return "2.5";
    case Severity::kInfo:
      return "0.0";
  }
  return "0.0";
}

std::string rule_of(const Finding& finding) {
  return finding.category.empty() ? "review" : to_utf8(finding.category);
}

// A path as a URI reference: every byte that could mean something else is encoded.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string uri;
  for (const char c : to_utf8(path)) {
    if (is_letter_or_digit(c) || kPlain.find(c) != kPlain.npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

// A message of SARIF is text, but for "[words](address)": a viewer makes that a link. Ours has
// none.
std::string plain(std::string_view message) {
  std::string text = for_terminal(message);
  for (std::size_t at = text.find("]("); at != text.npos; at = text.find("](", at)) {
    text.insert(at + 1, 1, ' ');
  }
  return text;
}

// The words of a message without its numbers: they move with the lines.
std::string normalised(std::string_view message) {
  std::string words;
  bool between = false;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= '0' && c <= '9') continue;
    if (!is_letter_or_digit(c) && byte < 0x80) {
      between = true;
      continue;
    }
    if (between && !words.empty()) words += ' ';
    between = false;
    words += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

// The same finding has the same fingerprint wherever its line moves to.
std::string fingerprint_of(const Finding& finding) {
  std::string text = finding.file;
  text.append(1, '\0').append(finding.category).append(1, '\0').append(normalised(finding.message));
  return sha256_hex(text).substr(0, 32);
}

struct Rule {
  Severity highest = Severity::kInfo;
  std::size_t index = 0;
};
using Rules = std::map<std::string, Rule>;

Rules rules_of(const std::vector<Finding>& findings) {
  Rules rules;
  for (const Finding& finding : findings) {
    Rule& rule = rules[rule_of(finding)];
    rule.highest = std::max(rule.highest, finding.severity);
  }
  std::size_t index = 0;
  for (auto& [id, rule] : rules) rule.index = index++;
  return rules;
}

json::array to_array(const Rules& rules) {
  json::array out;
  for (const auto& [id, rule] : rules) {
    std::string words = id;
    std::replace(words.begin(), words.end(), '_', ' ');
    json::object properties{{"tags", json::array{"review"}}};
    if (id.find("security") != id.npos) {
      properties["tags"] = json::array{"review", "security"};
      properties["security-severity"] = security_severity_of(rule.highest);
    }
    out.push_back({{"id", id},
                   {"shortDescription", {{"text", words}}},
                   {"defaultConfiguration", {{"level", level_of(rule.highest)}}},
                   {"properties", std::move(properties)}});
  }
  return out;
}

json::object location_of(const Finding& finding) {
  json::object physical{
      {"artifactLocation", {{"uri", uri_of(finding.file)}, {"uriBaseId", "%SRCROOT%"}}}};
  if (finding.line > 0) physical["region"] = json::object{{"startLine", finding.line}};
  return {{"physicalLocation", std::move(physical)}};
}

json::array results_of(const std::vector<Finding>& findings, const Rules& rules) {
  json::array out;
  std::map<std::string, int> seen;
  for (const Finding& finding : findings) {
    const std::string rule = rule_of(finding);
    const std::string print = fingerprint_of(finding);
    // Two equal findings of one file stay two, as code hosts count them: "…:1" and "…:2".
    const std::string numbered = fmt::format("{}:{}", print, ++seen[print]);
    std::string text = plain(finding.message);
    if (!finding.suggestion.empty()) text += "\n\nSuggestion: " + plain(finding.suggestion);
    out.push_back({{"ruleId", rule},
                   {"ruleIndex", rules.at(rule).index},
                   {"level", level_of(finding.severity)},
                   {"message", {{"text", json_text(text)}}},
                   {"locations", json::array{location_of(finding)}},
                   {"partialFingerprints",
                    {{"batonFinding/v1", numbered}, {"primaryLocationLineHash", numbered}}},
                   {"properties",
                    {{"severity", to_string(finding.severity)},
                     {"confidence", finding.confidence},
                     {"task", json_text(tasks_of(finding.source))}}}});
  }
  return out;
}

json::value notification(std::string_view level, std::string_view text) {
  return {{"level", level}, {"message", {{"text", plain(text)}}}};
}

json::object invocation_of(const ReviewReport& report) {
  json::array notes;
  if (!report.reason.empty()) notes.push_back(notification("error", report.reason));
  for (const TaskLine& task : report.missing) {
    notes.push_back(notification(
        "warning", fmt::format("Not done: {} {}: {}", task.id.to_string(), task.type, task.note)));
  }
  for (const SkippedFile& file : report.skipped) {
    notes.push_back(
        notification("note", fmt::format("Not reviewed: {}: {}", file.path, file.reason)));
  }
  return {{"executionSuccessful", report.status == to_string(RunStatus::kComplete)},
          {"startTimeUtc", timestamp_of(report.started)},
          {"endTimeUtc", timestamp_of(report.started + report.elapsed)},
          {"toolExecutionNotifications", std::move(notes)}};
}

}  // namespace

std::string to_sarif(const ReviewReport& report) {
  const Rules rules = rules_of(report.findings);
  const json::object run{{"tool", {{"driver", {{"name", "baton"}, {"rules", to_array(rules)}}}}},
                         {"automationDetails", {{"id", "baton/review/" + report.run}}},
                         {"invocations", json::array{invocation_of(report)}},
                         {"results", results_of(report.findings, rules)},
                         {"properties", {{"total_usd", json_dollars(report.cost.total)}}}};
  return pretty_json(
      json::object{{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", json::array{run}}});
}

}  // namespace baton
