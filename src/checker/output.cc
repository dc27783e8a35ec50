#include <re2/re2.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "checker/checker.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestMessage = 500;
constexpr std::size_t kMostFindings = 10'000;  // of one run: more says nothing a person would read

// What a program said about one place, before it is put into our words.
struct Raw {
  std::string file, severity, rule, message;
  std::optional<int> line;
};

std::optional<int> line_number(std::string_view digits) {
  int number = 0;
  const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), number);
  if (failed != std::errc() || end != digits.end()) return std::nullopt;
  return number;
}

const std::string& task_type_of(const Checker& checker, std::string_view rule) {
  const std::map<std::string, std::string>& categories = checker.output.categories;
  const std::string* best = &checker.task_types.front();
  std::size_t best_length = 0;
  for (const auto& [pattern, type] : categories) {
    if (pattern == rule) return type;
    if (!pattern.ends_with('*')) continue;
    const std::string_view prefix(pattern.data(), pattern.size() - 1);
    if (rule.starts_with(prefix) && pattern.size() > best_length) {
      best = &type;
      best_length = pattern.size();
    }
  }
  return *best;
}

std::optional<Finding> finding_of(const Checker& checker, const Raw& raw) {
  if (raw.file.empty() || !raw.line) return std::nullopt;
  const std::int64_t line = std::int64_t{*raw.line} - checker.output.first_line + 1;
  if (line < 1 || line > std::numeric_limits<int>::max()) return std::nullopt;
  const auto known = checker.output.severities.find(raw.severity);
  Finding finding;
  finding.file = raw.file;
  finding.line = static_cast<int>(line);
  finding.severity =
      known == checker.output.severities.end() ? checker.output.default_severity : known->second;
  finding.category = task_type_of(checker, raw.rule);
  finding.message = to_utf8(shorten(raw.message, kLongestMessage));
  if (!raw.rule.empty()) finding.message += fmt::format(" [{}]", to_utf8(shorten(raw.rule, 100)));
  finding.source = checker.name;
  return finding;
}

class LineReader {
 public:
  explicit LineReader(const Checker& checker) : pattern_(checker.output.pattern, RE2::Quiet) {
    const std::map<std::string, int>& groups = pattern_.NamedCapturingGroups();
    const auto group = [&](const char* name) {
      const auto found = groups.find(name);
      return found == groups.end() ? -1 : found->second;
    };
    file_ = group("file");
    line_ = group("line");
    severity_ = group("severity");
    rule_ = group("rule");
    message_ = group("message");
    groups_.resize(static_cast<std::size_t>(pattern_.NumberOfCapturingGroups()) + 1);
  }

  std::optional<Raw> read(std::string_view text) {
    const re2::StringPiece piece(text.data(), text.size());
    if (!pattern_.ok() || !pattern_.Match(piece, 0, piece.size(), RE2::UNANCHORED, groups_.data(),
                                          static_cast<int>(groups_.size()))) {
      return std::nullopt;
    }
    return Raw{text_of(file_), text_of(severity_), text_of(rule_), text_of(message_),
               line_number(text_of(line_))};
  }

 private:
  using RE2 = re2::RE2;

  std::string text_of(int group) const {
    return group < 0 ? std::string() : groups_[static_cast<std::size_t>(group)].as_string();
  }

  RE2 pattern_;
  int file_, line_, severity_, rule_, message_;
  std::vector<re2::StringPiece> groups_;
};

const json::value* at(const json::value& item, const std::string& pointer) {
  if (pointer.empty()) return nullptr;
  json::error_code failed;
  const json::value* found = item.find_pointer(pointer, failed);
  return failed ? nullptr : found;
}

std::string text_at(const json::value& item, const std::string& pointer) {
  const json::value* value = at(item, pointer);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  return value->is_primitive() ? json::serialize(*value) : std::string();
}

Raw raw_of(const Checker::Output& output, const json::value& item) {
  return {text_at(item, output.file), text_at(item, output.severity), text_at(item, output.rule),
          text_at(item, output.message), line_number(text_at(item, output.line))};
}

Result<json::value> parse_json(const Checker& checker, std::string_view text) {
  json::error_code failed;
  json::value document = json::parse(text, failed);
  if (failed) {
    return input_error(
        fmt::format("{}: output is not JSON ({}), it begins with '{}'; its findings "
                    "are left out",
                    checker.name, failed.message(), shorten(text, 80)));
  }
  return document;
}

void add(std::vector<Finding>& findings, const Checker& checker, const Raw& raw) {
  if (findings.size() >= kMostFindings) return;
  if (std::optional<Finding> finding = finding_of(checker, raw)) {
    findings.push_back(*std::move(finding));
  }
}

Result<std::vector<Finding>> read_json_lines(const Checker& checker, std::string_view output) {
  std::vector<Finding> findings;
  for (const std::string_view line : split_lines(output)) {
    if (line.empty()) continue;
    const Result<json::value> item = parse_json(checker, line);
    if (!item) return item.error();
    add(findings, checker, raw_of(checker.output, *item));
  }
  return findings;
}

Result<std::vector<Finding>> read_json_document(const Checker& checker, std::string_view output) {
  std::vector<Finding> findings;
  if (output.find_first_not_of(" \t\r\n") == std::string_view::npos) return findings;
  const Result<json::value> document = parse_json(checker, output);
  if (!document) return document.error();
  const json::value* items =
      checker.output.items.empty() ? &*document : at(*document, checker.output.items);
  if (items == nullptr || !items->is_array()) {
    return input_error(fmt::format("{}: output has no array at '{}'; its findings are left out",
                                   checker.name, checker.output.items));
  }
  for (const json::value& item : items->get_array()) {
    add(findings, checker, raw_of(checker.output, item));
  }
  return findings;
}

}  // namespace

Result<std::vector<Finding>> read_checker_output(const Checker& checker, std::string_view output) {
  const std::string text = to_utf8(output);
  if (checker.output.pattern.empty()) {
    return checker.output.items == "lines" ? read_json_lines(checker, text)
                                           : read_json_document(checker, text);
  }
  std::vector<Finding> findings;
  LineReader reader(checker);
  for (const std::string_view line : split_lines(text)) {
    if (const std::optional<Raw> raw = reader.read(line)) add(findings, checker, *raw);
  }
  return findings;
}

}  // namespace baton
