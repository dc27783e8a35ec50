#include "shell/checker_runner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "checker/selection.h"
#include "shell/checker_workspace.h"
#include "shell/subprocess.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using State = CheckerOutcome::State;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A file all of whose lines are new.
ChangedFile new_file(std::string path, std::string text) {
  ChangedFile file;
  file.path = path;
  file.old_path = std::move(path);
  file.state = ChangedFile::State::kAdded;
  Hunk hunk;
  hunk.new_first = 1;
  for (const std::string_view line : split_lines(text)) {
    hunk.lines.push_back({HunkLine::Kind::kAdded, std::string(line)});
  }
  file.hunks = {hunk};
  file.text = std::move(text);
  return file;
}

Change change_of(std::vector<ChangedFile> files) {
  Change change;
  change.files = std::move(files);
  return change;
}

Checker builtin(std::string_view name) {
  const Result<std::vector<Checker>> checkers = builtin_checkers();
  EXPECT_TRUE(checkers) << checkers.error().message;
  for (const Checker& checker : *checkers) {
    if (checker.name == name) return checker;
  }
  ADD_FAILURE() << "no checker " << name;
  return {};
}

// A checker that is a shell script: its arguments are the files.
Checker script(std::string text) {
  Checker checker;
  checker.name = "script";
  checker.program = "sh";
  checker.arguments = {"-c", std::move(text), "script", "{files}"};
  checker.languages = {"*"};
  checker.task_types = {"naming_convention_check"};
  checker.ok_exit_codes = {0};
  checker.output.stream = "stdout";
  checker.output.pattern = "^(?P<file>[^:]+):(?P<line>\\d+):(?P<message>.+)$";
  return checker;
}

// The test program is not where the released one is: it looks from the root of the source tree.
CheckerRunnerOptions options() {
  CheckerRunnerOptions options;
  options.tool_folders = {(fs::current_path() / "tools/node_modules/.bin").string()};
  return options;
}

bool is_installed(const Checker& checker) {
  return !find_program(checker.program, options().tool_folders).empty();
}

#define SKIP_WITHOUT(checker)                                                                  \
  if (!is_installed(checker))                                                                  \
  GTEST_SKIP() << (checker).program << " is not installed: run `npm ci` in tools/ or install " \
               << "the packages of packages.txt"

CheckerReport run(const Change& change, const CheckerJob& job,
                  const CheckerRunnerOptions& how = options()) {
  Loop loop;
  const std::unique_ptr<CheckerRunner> runner = make_checker_runner(loop, how);
  std::optional<CheckerReport> result;
  runner->run(job, change, [&](CheckerReport report) {
    result = std::move(report);
    loop.stop();
  });
  EXPECT_FALSE(result.has_value()) << "reported from inside the call";
  loop.run();
  return *result;
}

CheckerReport run(const Change& change, const Checker& checker) {
  CheckerJob job;
  job.checkers = {checker};
  for (const ChangedFile& file : change.files) job.paths.push_back(file.path);
  return run(change, job);
}

// "a.py:1 import_organization Unused import os [W0611]"
std::vector<std::string> lines_of(const CheckerReport& report) {
  std::vector<std::string> lines;
  for (const Finding& f : report.findings) {
    lines.push_back(fmt::format("{}:{} {} {}", f.file, f.line, f.category, f.message));
  }
  return lines;
}

// A place for temporary files that no other process uses at the same time.
class OwnTemporaryFiles {
 public:
  OwnTemporaryFiles() {
    const char* const before = std::getenv("TMPDIR");
    if (before != nullptr) before_ = before;
    ::setenv("TMPDIR", folder_.path().c_str(), 1);
  }
  ~OwnTemporaryFiles() {
    if (before_) {
      ::setenv("TMPDIR", before_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }
  OwnTemporaryFiles(const OwnTemporaryFiles&) = delete;
  OwnTemporaryFiles& operator=(const OwnTemporaryFiles&) = delete;

  bool is_empty() const { return fs::is_empty(folder_.path()); }

 private:
  TemporaryFolder folder_ = *TemporaryFolder::create("baton-test");
  std::optional<std::string> before_;
};

// ---- what every checker gets and what comes back ----

TEST(CheckerRunnerTest, FindingsComeBackWithTheRepositorysPathsOnAddedLinesOnly) {
  ChangedFile file = new_file("dir with space/a.txt", "1\n2\n3\n4\n");
  file.state = ChangedFile::State::kModified;
  file.hunks[0].new_first = 2;
  file.hunks[0].lines = {{HunkLine::Kind::kContext, "2"}, {HunkLine::Kind::kAdded, "3"}};
  const Change change = change_of({file});
  CheckerJob job;
  job.checkers = {script("for l in 1 2 3 4; do echo \"$1:$l:said\"; done; echo /etc/passwd:3:no")};
  job.paths = {"dir with space/a.txt"};
  job.source = "t3";
  const CheckerReport report = run(change, job);
  EXPECT_THAT(lines_of(report), ElementsAre("dir with space/a.txt:3 naming_convention_check said"));
  EXPECT_EQ(report.findings.at(0).source, "t3 (script)");
  EXPECT_THAT(report.outcomes, ElementsAre(CheckerOutcome{"script", State::kRan, 1, ""}));
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.note(), "ran script");
}

TEST(CheckerRunnerTest, TheFilesHaveTheirTextAndTheirNamesBesideEachOther) {
  const Change change = change_of({new_file("a/x.txt", "one\n"), new_file("a/-b.txt", "two\n")});
  const CheckerReport report =
      run(change, script("for f; do echo \"$f:1:$(cat \"$f\")\"; done; ls -A >&2; exit 0"));
  EXPECT_THAT(lines_of(report), ElementsAre("a/-b.txt:1 naming_convention_check two",
                                            "a/x.txt:1 naming_convention_check one"));
}

TEST(CheckerRunnerTest, WhatTwoCheckersSayOfOneLineAndTypeIsOneFinding) {
  CheckerJob job;
  job.checkers = {script("echo \"$1:1:one\""), script("echo \"$1:1:two\"")};
  job.checkers[1].name = "other";
  job.paths = {"a.txt"};
  job.source = "t1";
  const CheckerReport report = run(change_of({new_file("a.txt", "x\n")}), job);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].source, "t1 (other), t1 (script)");
}

TEST(CheckerRunnerTest, OnlyTheTaskTypeAskedForComesBack) {
  const Change change = change_of({new_file("a.txt", "x\n")});
  CheckerJob job;
  job.checkers = {script("echo \"$1:1:said\"")};
  job.paths = {"a.txt"};
  job.task_type = "import_organization";
  EXPECT_THAT(run(change, job).findings, IsEmpty());
}

TEST(CheckerRunnerTest, AMissingProgramIsNamedAndTheReportIsNotComplete) {
  Checker checker = script("");
  checker.program = "no-such-linter";
  const CheckerReport report = run(change_of({new_file("a.txt", "x\n")}), checker);
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(report.note(), "no-such-linter is not installed");
}

TEST(CheckerRunnerTest, ACheckerThatFailsOrPrintsNonsenseSaysWhy) {
  const Change change = change_of({new_file("a.txt", "x\n")});
  const CheckerReport failed = run(change, script("echo 'bad flag' >&2; exit 9"));
  EXPECT_FALSE(failed.complete());
  EXPECT_EQ(failed.note(), "script failed: it ended with 9, saying 'bad flag'");
  Checker json = script("echo '{oops'");
  json.output.pattern.clear();
  json.output.file = "/file";
  EXPECT_THAT(run(change, json).note(), HasSubstr("script failed: script: output is not JSON"));
}

TEST(CheckerRunnerTest, ACheckerThatTakesTooLongIsStopped) {
  CheckerJob job;
  job.checkers = {script("sleep 60")};
  job.paths = {"a.txt"};
  CheckerRunnerOptions how = options();
  how.limit = Millis(100);
  const CheckerReport report = run(change_of({new_file("a.txt", "x\n")}), job, how);
  EXPECT_EQ(report.note(), "script took too long and was stopped");
}

TEST(CheckerRunnerTest, FilesKnownOnlyFromADiffAreNotGivenToCheckers) {
  ChangedFile hunks_only = new_file("a.txt", "x\n");
  hunks_only.text.reset();
  const CheckerReport report = run(change_of({hunks_only}), script("echo \"$1:1:said\""));
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_THAT(report.unread, ElementsAre("a.txt"));
  EXPECT_FALSE(report.complete());
}

TEST(CheckerRunnerTest, APathThatLeadsOutOfTheFolderIsNeverWritten) {
  const OwnTemporaryFiles temporary;
  const fs::path outside = fs::temp_directory_path() / "outside";
  for (const std::string& path :
       {"../../" + outside.filename().string(), outside.string(), std::string("a/../../b"),
        std::string("a//b"), std::string(".")}) {
    SCOPED_TRACE(path);
    const CheckerReport report = run(change_of({new_file(path, "x\n")}), script("exit 0"));
    EXPECT_THAT(report.unread, ElementsAre(path));
    EXPECT_FALSE(fs::exists(outside));
  }
}

TEST(CheckerRunnerTest, ThePrivateFolderIsGoneAfterwards) {
  const OwnTemporaryFiles temporary;
  run(change_of({new_file("a.txt", "x\n")}), script("exit 0"));
  run(change_of({new_file("a.txt", "x\n")}), script("exit 1"));
  EXPECT_TRUE(temporary.is_empty());
}

TEST(CheckerRunnerTest, TwoTasksOnTheSameFilesShareOneRunOfAChecker) {
  const TemporaryFolder folder = *TemporaryFolder::create("baton-test");
  const fs::path log = folder.path() / "runs";
  const Change change = change_of({new_file("a.txt", "x\n")});
  CheckerJob job;
  job.checkers = {script(fmt::format("echo ran >> {}; echo \"$1:1:said\"", log.string()))};
  job.paths = {"a.txt"};
  Loop loop;
  const std::unique_ptr<CheckerRunner> runner = make_checker_runner(loop, options());
  int findings = 0;
  int reports = 0;
  const auto count = [&](const CheckerReport& report) {
    findings += static_cast<int>(report.findings.size());
    if (++reports == 3) loop.stop();
  };
  runner->run(job, change, count);
  runner->run(job, change, [&](const CheckerReport& report) {
    count(report);
    runner->run(job, change, count);
  });
  loop.run();
  EXPECT_EQ(findings, 3);
  std::ifstream in(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "ran\n");
}

TEST(CheckerRunnerTest, LettingGoOfTheRunnerStopsItsProgramsAndReportsNothing) {
  const OwnTemporaryFiles temporary;
  Loop loop;
  std::unique_ptr<CheckerRunner> runner = make_checker_runner(loop, options());
  CheckerJob job;
  job.checkers = {script("sleep 60")};
  job.paths = {"a.txt"};
  runner->run(job, change_of({new_file("a.txt", "x\n")}),
              [](const CheckerReport&) { FAIL() << "it was let go of"; });
  loop.post([&] { runner.reset(); });
  loop.after(Millis(50), [&] { loop.stop(); });
  loop.run();
  EXPECT_TRUE(temporary.is_empty());
}

// ---- the real programs, as they are shipped ----

TEST(BuiltinCheckerTest, CppcheckFindsWhatGoesWrongInC) {
  const Checker cppcheck = builtin("cppcheck");
  SKIP_WITHOUT(cppcheck);
  const CheckerReport report = run(change_of({new_file("src/a.c",
                                                       "#include <stdio.h>\n"
                                                       "int main(void) {\n"
                                                       "  char line[4];\n"
                                                       "  gets(line);\n"
                                                       "  int *p = 0;\n"
                                                       "  *p = 1;\n"
                                                       "  return 0;\n"
                                                       "}\n")}),
                                   cppcheck);
  EXPECT_THAT(lines_of(report),
              ElementsAre("src/a.c:4 deprecated_api_scan Obsolete function 'gets' called. It is "
                          "recommended to use 'fgets' or 'gets_s' instead. [getsCalled]",
                          "src/a.c:6 security_vulnerability_assessment Null pointer dereference: p "
                          "[nullPointer]"));
  EXPECT_EQ(report.findings.at(1).severity, Severity::kHigh);
  EXPECT_EQ(report.note(), "ran cppcheck");
}

TEST(BuiltinCheckerTest, ShellcheckFindsUnquotedWords) {
  const Checker shellcheck = builtin("shellcheck");
  SKIP_WITHOUT(shellcheck);
  const CheckerReport report = run(change_of({new_file("run.sh", "#!/bin/sh\nrm $1\n"),
                                              new_file(".shellcheckrc", "disable=all\n")}),
                                   shellcheck);
  EXPECT_THAT(lines_of(report),
              ElementsAre("run.sh:2 security_vulnerability_assessment Double quote to prevent "
                          "globbing and word splitting. [2086]"));
}

TEST(BuiltinCheckerTest, CodespellReadsAnyTextAndNoConfigurationOfTheRepository) {
  const Checker codespell = builtin("codespell");
  SKIP_WITHOUT(codespell);
  const Change change =
      change_of({new_file("docs/a.md", "It is teh end.\n"), new_file(".hidden", "recieve\n"),
                 new_file(".codespellrc", "[codespell]\nskip = *\n"),
                 new_file("setup.cfg", "[codespell]\nskip = *\n")});
  EXPECT_THAT(lines_of(run(change, codespell)),
              ElementsAre(".hidden:1 documentation_completeness recieve ==> receive",
                          "docs/a.md:1 documentation_completeness teh ==> the"));
}

constexpr const char* kPython =
    "import sys, os\n"
    "def BadName(value):\n"
    "    try:\n"
    "        return eval(value)\n"
    "    except:\n"
    "        pass\n";

TEST(BuiltinCheckerTest, OneRunOfPylintServesSeveralTaskTypes) {
  const Checker pylint = builtin("pylint");
  SKIP_WITHOUT(pylint);
  const CheckerReport report = run(change_of({new_file("pkg/a.py", kPython)}), pylint);
  EXPECT_THAT(
      lines_of(report),
      UnorderedElementsAre(
          "pkg/a.py:1 documentation_completeness Missing module docstring [C0114]",
          "pkg/a.py:1 import_organization Multiple imports on one line (sys, os) [C0410]",
          "pkg/a.py:1 import_organization Unused import os [W0611]",
          "pkg/a.py:1 import_organization Unused import sys [W0611]",
          "pkg/a.py:2 documentation_completeness Missing function or method docstring [C0116]",
          "pkg/a.py:2 naming_convention_check Function name \"BadName\" doesn't conform to "
          "snake_case naming style [C0103]",
          "pkg/a.py:4 security_vulnerability_assessment Use of eval [W0123]",
          "pkg/a.py:5 error_message_quality No exception type(s) specified [W0702]"));
}

// What a hostile repository would write if any of its code ran.
class Canary {
 public:
  std::string path() const { return (folder_.path() / "canary").string(); }
  bool sang() const { return fs::exists(path()); }

 private:
  TemporaryFolder folder_ = *TemporaryFolder::create("baton-test");
};

TEST(BuiltinCheckerTest, NothingOfTheReviewedRepositoryRunsInsidePylint) {
  const Checker pylint = builtin("pylint");
  SKIP_WITHOUT(pylint);
  const Canary canary;
  const std::string python = fmt::format("open('{}', 'w').close()", canary.path());
  const std::string rc = fmt::format("[MASTER]\ninit-hook={}\nload-plugins=plugin\n", python);
  const CheckerReport report =
      run(change_of({new_file("a.py", "import sys\n"), new_file("pylintrc", rc),
                     new_file(".pylintrc", rc), new_file("plugin.py", python + "\n"),
                     new_file("setup.cfg", fmt::format("[pylint.MASTER]\ninit-hook={}\n", python)),
                     new_file("pyproject.toml",
                              fmt::format("[tool.pylint.main]\ninit-hook=\"{}\"\n", python)),
                     new_file("sitecustomize.py", python + "\n")}),
          pylint);
  EXPECT_FALSE(canary.sang());
  EXPECT_THAT(lines_of(report), Contains("a.py:1 import_organization Unused import sys [W0611]"));
}

// pylint imports C modules to look into them, and those import Python modules from sys.path, where
// pylint has put the reviewed folder first.
TEST(BuiltinCheckerTest, AFileNamedLikeALibraryIsNotImportedByPylint) {
  const Checker pylint = builtin("pylint");
  SKIP_WITHOUT(pylint);
  const Canary canary;
  const Change change =
      change_of({new_file("a.py", "import _zoneinfo\nx = _zoneinfo.ZoneInfo('x')\neval(x.foo)\n"),
                 new_file("zoneinfo.py", fmt::format("open('{}', 'w')\n", canary.path()))});
  Checker unprotected = pylint;
  std::erase_if(unprotected.arguments,
                [](const std::string& argument) { return argument.starts_with("--init-hook"); });
  const CheckerReport report = run(change, pylint);
  EXPECT_FALSE(canary.sang());
  EXPECT_THAT(lines_of(report),
              Contains("a.py:3 security_vulnerability_assessment Use of eval [W0123]"));
  run(change, unprotected);
  EXPECT_TRUE(canary.sang()) << "the attack no longer works; this test proves nothing";
}

TEST(BuiltinCheckerTest, OxlintReadsJavaScriptAndTypeScript) {
  const Checker oxlint = builtin("oxlint");
  SKIP_WITHOUT(oxlint);
  const CheckerReport report =
      run(change_of({new_file("web/a.js",
                              "import { f } from 'x';\nimport { g } from 'x';\n"
                              "try { f(); } catch (e) {}\neval(g);\n"),
                     new_file("web/node_modules/b.ts", "console.log(1);\n")}),
          oxlint);
  EXPECT_THAT(lines_of(report),
              ElementsAre("web/a.js:1 import_organization Module 'x' is imported more than once "
                          "in this file [import(no-duplicates)]",
                          "web/a.js:3 error_message_quality Unexpected empty block statements "
                          "[eslint(no-empty)]",
                          "web/a.js:4 security_vulnerability_assessment eval can be harmful. "
                          "[eslint(no-eval)]",
                          "web/node_modules/b.ts:1 log_statement_review Unexpected console "
                          "statement. [eslint(no-console)]"));
}

TEST(BuiltinCheckerTest, NothingOfTheReviewedRepositoryRunsInsideOxlint) {
  const Checker oxlint = builtin("oxlint");
  SKIP_WITHOUT(oxlint);
  const Canary canary;
  const std::string config = R"({"jsPlugins": ["./evil.cjs"], "rules": {}})";
  const CheckerReport report =
      run(change_of({new_file("a.js", "debugger;\n"), new_file(".oxlintrc.json", config),
                     new_file(".eslintignore", "*\n"), new_file(".gitignore", "*\n"),
                     new_file("evil.cjs", fmt::format("require('fs').writeFileSync('{}', '');\n"
                                                      "module.exports = {{rules: {{}}}};\n",
                                                      canary.path()))}),
          oxlint);
  EXPECT_FALSE(canary.sang());
  EXPECT_THAT(lines_of(report),
              Contains("a.js:1 design_pattern_review `debugger` statement is not allowed "
                       "[eslint(no-debugger)]"));
}

TEST(BuiltinCheckerTest, OxlintTypesAsksForTypesOfWhatIsExported) {
  const Checker types = builtin("oxlint-types");
  SKIP_WITHOUT(types);
  const CheckerReport report =
      run(change_of({new_file("a.ts",
                              "export function f(x: number) { return x; }\n"
                              "export const n = (v: any): number => v;\n"),
                     new_file("b.js", "export function f(x) { return x; }\n")}),
          types);
  EXPECT_THAT(
      lines_of(report),
      ElementsAre("a.ts:1 type_annotation_check Missing return type on function "
                  "[typescript(explicit-module-boundary-types)]",
                  "a.ts:2 type_annotation_check Argument is explicitly typed as `any` "
                  "[typescript(explicit-module-boundary-types)]",
                  "a.ts:2 type_annotation_check Unexpected `any`. Specify a different type. "
                  "[typescript(no-explicit-any)]"));
}

TEST(BuiltinCheckerTest, AstGrepRunsItsRulesOnEachLanguageWithItsOwnProjectFile) {
  const Checker ast_grep = builtin("ast-grep");
  SKIP_WITHOUT(ast_grep);
  const CheckerReport report = run(
      change_of({new_file("a.c", "void f(char *a, char *b) {\n  strcpy(a, b);\n}\n"),
                 new_file("a.py", "def f(x):\n    subprocess.run(x, shell=True)\nlimit: int = 3\n"),
                 new_file("b.py", "def untyped(x):\n    return x\n"),
                 new_file("a.js", "throw new Error('failed');\n"),
                 new_file("a.tsx", "export const A = () => <b/>;\nel.innerHTML = text;\n"),
                 new_file("a.go", "package a\nimport \"io/ioutil\"\n"),
                 new_file("A.java", "class A { void f() { try { g(); } catch (E e) {} } }\n"),
                 new_file("a.rs", "fn f() { dbg!(1); }\n"),
                 new_file("sgconfig.yml", "customLanguages:\n  x:\n    libraryPath: ./x.so\n")}),
      ast_grep);
  std::vector<std::string> rules;
  for (const Finding& f : report.findings) {
    rules.push_back(
        fmt::format("{}:{} {}", f.file, f.line, f.message.substr(f.message.rfind('['))));
  }
  EXPECT_THAT(rules,
              ElementsAre("A.java:1 [error-java-empty-catch]",
                          "a.c:2 [deprecated-cpp-unbounded-copy]", "a.go:2 [deprecated-go-ioutil]",
                          "a.js:1 [error-js-empty-message]", "a.py:1 [type-python-parameter]",
                          "a.py:1 [type-python-return]", "a.py:2 [security-python-shell-true]",
                          "a.rs:1 [log-rust-debug-print]", "a.tsx:2 [security-js-inner-html]"))
      << report.note();
}

TEST(BuiltinCheckerTest, AllOfThemRunOnAnEmptyFileOfEachOfTheirLanguages) {
  const Result<std::vector<Checker>> checkers = builtin_checkers();
  ASSERT_TRUE(checkers) << checkers.error().message;
  Change change;
  for (const char* path : {"a.c", "a.cc", "a.h", "a.py", "a.sh", "a.js", "a.ts", "a.go", "a.rs"}) {
    change.files.push_back(new_file(path, "\n"));
  }
  CheckerJob job;
  for (const ChangedFile& file : change.files) job.paths.push_back(file.path);
  for (const Checker& checker : *checkers) {
    if (is_installed(checker)) job.checkers.push_back(checker);
  }
  EXPECT_TRUE(run(change, job).complete()) << run(change, job).note();
}

}  // namespace
}  // namespace baton
