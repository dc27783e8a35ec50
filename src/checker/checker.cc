#include "checker/checker.h"

#include <re2/re2.h>
#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>

#include "base/embedded.h"

namespace baton {
namespace {

constexpr std::string_view kFolder = "checkers/";

// Reads one file; the first thing wrong is kept, with its place, and reading goes on harmlessly.
class CheckerFile {
 public:
  explicit CheckerFile(std::string_view name) : name_(name) {}

  void only_keys(const toml::table& table, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        fail(key.source(), key.str(), "is not a key of a checker");
      }
    }
  }

  std::string text(const toml::table& table, std::string_view key, bool required) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required) fail(table.source(), key, "is missing");
      return {};
    }
    const toml::value<std::string>* value = node->as_string();
    if (value == nullptr) return fail(node->source(), key, "must be a string"), std::string();
    if (required && value->get().empty()) fail(node->source(), key, "must not be empty");
    return value->get();
  }

  std::vector<std::string> texts(const toml::table& table, std::string_view key, bool required) {
    std::vector<std::string> result;
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required) fail(table.source(), key, "is missing");
      return result;
    }
    const toml::array* array = node->as_array();
    if (array == nullptr) return fail(node->source(), key, "must be an array of strings"), result;
    for (const toml::node& element : *array) {
      const toml::value<std::string>* value = element.as_string();
      if (value == nullptr) {
        return fail(element.source(), key, "must be an array of strings"), result;
      }
      result.push_back(value->get());
    }
    if (required && result.empty()) fail(node->source(), key, "must not be empty");
    return result;
  }

  std::vector<int> exit_codes(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {0};
    std::vector<int> result;
    const toml::array* array = node->as_array();
    if (array == nullptr) return fail(node->source(), key, "must be an array"), result;
    for (const toml::node& element : *array) {
      const std::optional<std::int64_t> code = element.value_exact<std::int64_t>();
      if (!code || *code < 0 || *code > 255) {
        return fail(element.source(), key, "must be exit codes, 0 to 255"), result;
      }
      result.push_back(static_cast<int>(*code));
    }
    return result;
  }

  int first_line(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return 1;
    const std::optional<std::int64_t> value = node->value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > 1) return fail(node->source(), key, "must be 0 or 1"), 1;
    return static_cast<int>(*value);
  }

  Severity severity(const toml::node& node, std::string_view key) {
    const toml::value<std::string>* word = node.as_string();
    const std::optional<Severity> known =
        word == nullptr ? std::nullopt : severity_from(word->get());
    if (!known) fail(node.source(), key, "must be one of info, low, medium, high, critical");
    return known.value_or(Severity::kLow);
  }

  const toml::table* table(const toml::table& parent, std::string_view key, bool required) {
    const toml::node* node = parent.get(key);
    if (node == nullptr) {
      if (required) fail(parent.source(), key, "is missing");
      return nullptr;
    }
    if (!node->is_table()) fail(node->source(), key, "must be a table");
    return node->as_table();
  }

  void fail(const toml::source_region& where, std::string_view key, std::string_view what) {
    if (error_) return;
    error_ = input_error(fmt::format("{}:{}: '{}' {}", name_, where.begin.line, key, what));
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string name_;
  std::optional<Error> error_;
};

void check_pattern(CheckerFile& file, const toml::table& table, const std::string& pattern) {
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  const toml::source_region& where = table.get("pattern")->source();
  if (!compiled.ok()) return file.fail(where, "pattern", "is not a pattern: " + compiled.error());
  for (const char* group : {"file", "line", "message"}) {
    if (!compiled.NamedCapturingGroups().contains(group)) {
      file.fail(where, "pattern", fmt::format("has no group (?P<{}>...)", group));
    }
  }
}

Checker::Output read_output(CheckerFile& file, const toml::table& table) {
  file.only_keys(table, {"stream", "pattern", "items", "file", "line", "severity", "rule",
                         "message", "first_line", "severities", "default_severity", "categories"});
  Checker::Output output;
  output.stream = file.text(table, "stream", true);
  if (output.stream != "stdout" && output.stream != "stderr") {
    file.fail(table.source(), "stream", "must be \"stdout\" or \"stderr\"");
  }
  output.pattern = file.text(table, "pattern", false);
  const bool is_json = output.pattern.empty();
  if (!is_json) check_pattern(file, table, output.pattern);
  output.items = file.text(table, "items", false);
  output.file = file.text(table, "file", is_json);
  output.line = file.text(table, "line", is_json);
  output.severity = file.text(table, "severity", false);
  output.rule = file.text(table, "rule", false);
  output.message = file.text(table, "message", is_json);
  output.first_line = file.first_line(table, "first_line");
  if (const toml::node* node = table.get("default_severity")) {
    output.default_severity = file.severity(*node, "default_severity");
  }
  if (const toml::table* severities = file.table(table, "severities", false)) {
    for (const auto& [word, node] : *severities) {
      output.severities.emplace(word.str(), file.severity(node, word.str()));
    }
  }
  if (const toml::table* categories = file.table(table, "categories", false)) {
    for (const auto& [rule, node] : *categories) {
      output.categories.emplace(rule.str(), file.text(*categories, rule.str(), true));
    }
  }
  return output;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// What is named twice must be named alike: a slip of the pen would silently lose findings.
void check_task_types(CheckerFile& file, const toml::table& table, const Checker& checker) {
  for (const std::string& type : checker.covers) {
    if (!contains(checker.task_types, type)) {
      file.fail(table.source(), "covers", fmt::format("names '{}', not in task_types", type));
    }
  }
  for (const auto& [rule, type] : checker.output.categories) {
    if (!contains(checker.task_types, type)) {
      file.fail(table.source(), rule, fmt::format("names '{}', not in task_types", type));
    }
  }
}

}  // namespace

Result<Checker> parse_checker(std::string_view toml, std::string_view name_for_errors) {
  toml::table table;
  try {
    table = toml::parse(toml, name_for_errors);
  } catch (const toml::parse_error& error) {
    return input_error(
        fmt::format("{}:{}: {}", name_for_errors, error.source().begin.line, error.description()));
  }
  CheckerFile file(name_for_errors);
  file.only_keys(table, {"name", "program", "arguments", "languages", "task_types", "covers",
                         "ok_exit_codes", "output"});
  Checker checker;
  checker.name = file.text(table, "name", true);
  checker.program = file.text(table, "program", true);
  if (checker.program.find('/') != std::string::npos) {
    file.fail(table.source(), "program", "must be a name, not a path");
  }
  checker.arguments = file.texts(table, "arguments", true);
  checker.languages = file.texts(table, "languages", true);
  checker.task_types = file.texts(table, "task_types", true);
  checker.covers = file.texts(table, "covers", false);
  checker.ok_exit_codes = file.exit_codes(table, "ok_exit_codes");
  if (const toml::table* output = file.table(table, "output", true)) {
    checker.output = read_output(file, *output);
  }
  check_task_types(file, table, checker);
  if (file.error()) return *file.error();
  return checker;
}

Result<std::vector<Checker>> builtin_checkers() {
  std::vector<Checker> checkers;
  for (const std::string_view path : embedded_files(kFolder)) {
    if (!path.ends_with(".toml")) continue;
    Result<Checker> checker = parse_checker(*embedded_file(path), path);
    if (!checker) return checker.error();
    checkers.push_back(*std::move(checker));
  }
  return checkers;
}

}  // namespace baton
