// Checkers: programs that do a task without a model, as data (checkers/*.toml, one a file).
//
// A checker names the task types it serves, the languages it reads, the command to run and how the
// command's output maps to findings. Everything here is a value: running the command is the shell's
// (shell/checker_runner.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/change.h"
#include "change/finding.h"

namespace baton {

// The language of a path by its name and ending: "python", "cpp", "c", "shell", "javascript",
// "typescript", …; empty: unknown.
std::string_view language_of(std::string_view path);
// The languages of these paths, each once, in the order they come; "" among them for unknown ones.
std::vector<std::string> languages_of(const std::vector<std::string>& paths);

struct Checker {
  std::string name;     // "pylint"
  std::string program;  // found in the tools folder, or on PATH (see shell/checker_runner.h)
  // "{files}" stands for the paths, "{config:NAME}" for the path of a shipped file.
  std::vector<std::string> arguments;
  std::vector<std::string> languages;   // of language_of(); "*": any text
  std::vector<std::string> task_types;  // what it serves; the first: of rules that name none
  // Those of task_types it does whole for its languages: no model is needed.
  std::vector<std::string> covers;
  std::vector<int> ok_exit_codes;  // exit codes that mean "ran"; others are a failed checker

  // How output maps to findings: either lines by a pattern with named groups (file, line, severity,
  // rule, message), or JSON by pointers. See docs/checkers.md for the form.
  struct Output {
    std::string stream;   // "stdout" or "stderr"
    std::string pattern;  // RE2; empty for JSON
    std::string items;    // JSON pointer to the array; "" = the document itself; or "lines": one
                          // object a line
    std::string file, line, severity, rule, message;  // JSON pointers inside an item
    int first_line = 1;                          // the number the program gives a file's first line
    std::map<std::string, Severity> severities;  // the program's words → ours
    Severity default_severity = Severity::kLow;
    // Rule (or a prefix ending in *) → task type, where one command serves several.
    std::map<std::string, std::string> categories;

    bool operator==(const Output&) const = default;
  } output;

  bool operator==(const Checker&) const = default;
};

// kInput with file, line and key.
Result<Checker> parse_checker(std::string_view toml, std::string_view name_for_errors);
// The ones built into the program.
Result<std::vector<Checker>> builtin_checkers();

// The output of one run of a checker → findings, with the program's own paths and, as category, the
// task type of the rule; the rule stands behind the message. Lines and items that name no place are
// not findings. kInput where the output is not of the promised form at all.
Result<std::vector<Finding>> read_checker_output(const Checker& checker, std::string_view output);

}  // namespace baton
