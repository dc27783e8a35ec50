#include "checker/checker.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/embedded.h"

namespace baton {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSmall = R"(name = "spell"
program = "spell"
arguments = ["{files}"]
languages = ["*"]
task_types = ["documentation_completeness", "naming_convention_check"]
covers = ["documentation_completeness"]
ok_exit_codes = [0, 65]

[output]
stream = "stdout"
pattern = '^(?P<file>.+?):(?P<line>\d+):(?P<severity>\w+):(?P<rule>\w+):(?P<message>.+)$'
default_severity = "info"
[output.severities]
error = "high"
[output.categories]
"N*" = "naming_convention_check"
"N1*" = "documentation_completeness"
)";

Checker small() {
  const Result<Checker> checker = parse_checker(kSmall, "spell.toml");
  EXPECT_TRUE(checker) << checker.error().message;
  return checker ? *checker : Checker{};
}

// The error of the small file with one thing in it replaced.
std::string error_with(std::string_view old_text, std::string_view new_text) {
  std::string toml = kSmall;
  const std::size_t at = toml.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  toml.replace(at, old_text.size(), new_text);
  const Result<Checker> checker = parse_checker(toml, "spell.toml");
  return checker ? "no error" : checker.error().message;
}

TEST(LanguageTest, TheLanguagesOfPathsComeOnceEachAndUnknownOnesTogether) {
  EXPECT_EQ(languages_of({"b.py", "x.unheard", "a.cc", "c.py", "noending"}),
            (std::vector<std::string>{"python", "", "cpp"}));
  EXPECT_TRUE(languages_of({}).empty());
}

TEST(LanguageTest, ThePathTellsTheLanguage) {
  EXPECT_EQ(language_of("src/a.cc"), "cpp");
  EXPECT_EQ(language_of("src/a.h"), "cpp");
  EXPECT_EQ(language_of("a b/x.C"), "cpp");
  EXPECT_EQ(language_of("x.c"), "c");
  EXPECT_EQ(language_of("X.PY"), "python");
  EXPECT_EQ(language_of("web/a.tsx"), "typescript");
  EXPECT_EQ(language_of("CMakeLists.txt"), "cmake");
  EXPECT_EQ(language_of("docs/notes.txt"), "text");
  EXPECT_EQ(language_of("a.d/Makefile"), "make");
  EXPECT_EQ(language_of("a.py/unknown"), "");
  EXPECT_EQ(language_of(".py"), "");
  EXPECT_EQ(language_of(""), "");
}

TEST(CheckerFileTest, EveryKeyIsRead) {
  const Checker checker = small();
  EXPECT_EQ(checker.name, "spell");
  EXPECT_EQ(checker.program, "spell");
  EXPECT_THAT(checker.arguments, ElementsAre("{files}"));
  EXPECT_THAT(checker.languages, ElementsAre("*"));
  EXPECT_THAT(checker.task_types,
              ElementsAre("documentation_completeness", "naming_convention_check"));
  EXPECT_THAT(checker.covers, ElementsAre("documentation_completeness"));
  EXPECT_THAT(checker.ok_exit_codes, ElementsAre(0, 65));
  EXPECT_EQ(checker.output.stream, "stdout");
  EXPECT_EQ(checker.output.default_severity, Severity::kInfo);
  EXPECT_EQ(checker.output.severities,
            (std::map<std::string, Severity>{{"error", Severity::kHigh}}));
  EXPECT_EQ(checker.output.first_line, 1);
}

TEST(CheckerFileTest, AnErrorNamesFileLineAndKey) {
  EXPECT_EQ(error_with("name = \"spell\"", "name = 3"), "spell.toml:1: 'name' must be a string");
  EXPECT_EQ(error_with("program = \"spell\"", "program = \"/bin/sh\""),
            "spell.toml:1: 'program' must be a name, not a path");
  EXPECT_EQ(error_with("[\"*\"]", "[1]"), "spell.toml:4: 'languages' must be an array of strings");
  EXPECT_EQ(error_with("languages = [\"*\"]", "lang = [\"*\"]"),
            "spell.toml:4: 'lang' is not a key of a checker");
  EXPECT_EQ(error_with("[0, 65]", "[256]"),
            "spell.toml:7: 'ok_exit_codes' must be exit codes, 0 to 255");
  EXPECT_EQ(error_with("\"stdout\"", "\"file\""),
            "spell.toml:9: 'stream' must be \"stdout\" or \"stderr\"");
  EXPECT_EQ(error_with("(?P<line>\\d+)", "\\d+"),
            "spell.toml:11: 'pattern' has no group (?P<line>...)");
  EXPECT_THAT(error_with("(?P<line>\\d+)", "(?P<line>\\d+"),
              HasSubstr("spell.toml:11: 'pattern' is not a pattern: "));
  EXPECT_EQ(error_with("\"high\"", "\"grave\""),
            "spell.toml:14: 'error' must be one of info, low, medium, high, critical");
  EXPECT_EQ(error_with("covers = [\"documentation_completeness\"]", "covers = [\"naming\"]"),
            "spell.toml:1: 'covers' names 'naming', not in task_types");
  EXPECT_EQ(error_with("\"N*\" = \"naming_convention_check\"", "\"N*\" = \"naming\""),
            "spell.toml:1: 'N*' names 'naming', not in task_types");
  EXPECT_THAT(error_with("[output]", "[output"), HasSubstr("spell.toml:9: "));
}

TEST(CheckerOutputTest, LinesThatMatchAreFindingsAndOthersAreNot) {
  const Result<std::vector<Finding>> read = read_checker_output(
      small(), "a.md:3:error:X1:teh\nsummary: 1 file\nb c.md:7:odd:N7:bad name\r\n");
  ASSERT_TRUE(read) << read.error().message;
  Finding first;
  first.file = "a.md";
  first.line = 3;
  first.severity = Severity::kHigh;
  first.category = "documentation_completeness";
  first.message = "teh [X1]";
  first.source = "spell";
  Finding second = first;
  second.file = "b c.md";
  second.line = 7;
  second.severity = Severity::kInfo;
  second.category = "naming_convention_check";
  second.message = "bad name [N7]";
  EXPECT_THAT(*read, ElementsAre(first, second));
}

TEST(CheckerOutputTest, TheLongestPrefixOfARuleTellsItsTaskType) {
  const Result<std::vector<Finding>> read =
      read_checker_output(small(), "a:1:error:N2:m\na:1:error:N12:m\na:1:error:Z:m\n");
  ASSERT_TRUE(read);
  std::vector<std::string> categories;
  for (const Finding& finding : *read) categories.push_back(finding.category);
  EXPECT_THAT(categories, ElementsAre("naming_convention_check", "documentation_completeness",
                                      "documentation_completeness"));
}

TEST(CheckerOutputTest, ALineNumberThatIsNoneIsNoFindingAndBadBytesBecomeText) {
  const Result<std::vector<Finding>> read =
      read_checker_output(small(),
                          "a:99999999999999999999:error:X:m\na:0:error:X:m\na:1:error:X:b\xFF"
                          "d\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().message, "b\uFFFDd [X]");
}

TEST(CheckerOutputTest, AFloodOfFindingsAndAnEndlessLineAreBounded) {
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += "a:1:error:X:m\n";
  flood += "a:1:error:X:" + std::string(1'000'000, 'm') + "\n";
  const Result<std::vector<Finding>> many = read_checker_output(small(), flood);
  ASSERT_TRUE(many);
  EXPECT_EQ(many->size(), 10'000U);
  const Result<std::vector<Finding>> one =
      read_checker_output(small(), "a:1:error:X:" + std::string(1'000'000, 'm'));
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_LT(one->front().message.size(), 1000U);
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

// "a.py:3 medium error_message_quality: message"
std::vector<std::string> read_as(std::string_view name, std::string_view output) {
  const Result<std::vector<Finding>> read = read_checker_output(builtin(name), output);
  if (!read) return {read.error().message};
  std::vector<std::string> lines;
  for (const Finding& f : *read) {
    lines.push_back(fmt::format("{}:{} {} {}: {}", f.file, f.line, to_string(f.severity),
                                f.category, f.message));
  }
  return lines;
}

// The outputs below were printed by the programs themselves.

TEST(CheckerOutputTest, ShellcheckPrintsADocument) {
  EXPECT_THAT(
      read_as(
          "shellcheck",
          R"x({"comments":[{"file":"/t/a.sh","line":2,"endLine":2,"column":5,"endColumn":12,)x"
          R"x("level":"style","code":2006,"message":"Use $(...) notation instead of legacy )x"
          R"x(backticks `...`.","fix":null},{"file":"/t/a.sh","line":4,"endLine":4,"column":6,)x"
          R"x("endColumn":12,"level":"warning","code":3007,"message":"In POSIX sh, $[..] in place )x"
          R"x(of $((..)) is undefined.","fix":null}]})x"),
      ElementsAre("/t/a.sh:2 info deprecated_api_scan: Use $(...) notation instead of legacy "
                  "backticks `...`. [2006]",
                  "/t/a.sh:4 medium design_pattern_review: In POSIX sh, $[..] in place of $((..)) "
                  "is undefined. [3007]"));
}

TEST(CheckerOutputTest, PylintPrintsAnArrayOrNothing) {
  EXPECT_THAT(read_as("pylint", R"x([
    {
        "type": "warning",
        "module": "a",
        "obj": "",
        "line": 4,
        "column": 0,
        "endLine": 4,
        "endColumn": 10,
        "path": "/t/a.py",
        "symbol": "deprecated-module",
        "message": "Deprecated module 'imp'",
        "message-id": "W4901"
    }
])x"),
              ElementsAre("/t/a.py:4 medium deprecated_api_scan: Deprecated module 'imp' [W4901]"));
  EXPECT_THAT(read_as("pylint", "\n"), IsEmpty());
}

TEST(CheckerOutputTest, OxlintNamesTheLineInTheFirstLabelAndASyntaxErrorHasNoRule) {
  EXPECT_THAT(
      read_as(
          "oxlint",
          R"x({ "diagnostics": [{"message": "eval can be harmful.","code": "eslint(no-eval)",)x"
          R"x("severity": "error","help": "Avoid eval().","filename": "/t/a.ts",)x"
          R"x("labels": [{"span": {"offset": 65,"length": 4,"line": 1,"column": 66}}]},)x"
          R"x({"message": "Unexpected token","severity": "error","filename": "/t/bad.js",)x"
          R"x("labels": [{"span": {"offset": 10,"length": 1,"line": 2,"column": 11}}]},)x"
          R"x({"message": "nowhere","severity": "error","filename": "/t/bad.js","labels": []}],)x"
          R"x("number_of_files": 2, "start_time": 0.033197209 })x"),
      ElementsAre("/t/a.ts:1 medium security_vulnerability_assessment: eval can be harmful. "
                  "[eslint(no-eval)]",
                  "/t/bad.js:2 medium design_pattern_review: Unexpected token"));
}

TEST(CheckerOutputTest, AstGrepPrintsAnObjectALineAndCountsLinesFromNought) {
  EXPECT_THAT(
      read_as("ast-grep",
              R"x({"text":"dbg!(x)","range":{"byteOffset":{"start":9,"end":16},"start":{"line":0,)x"
              R"x("column":9},"end":{"line":0,"column":16}},"file":"/t/t.rs","lines":"fn f() {",)x"
              R"x("language":"Rust","ruleId":"log-rust-debug-print","severity":"info",)x"
              R"x("note":null,"message":"A debugging aid is left in"})x"
              "\n"),
      ElementsAre("/t/t.rs:1 low log_statement_review: A debugging aid is left in "
                  "[log-rust-debug-print]"));
}

TEST(CheckerOutputTest, OutputThatIsNotOfThePromisedFormIsAnError) {
  EXPECT_THAT(read_as("pylint", "Traceback (most recent call last):"),
              ElementsAre(HasSubstr("pylint: output is not JSON")));
  EXPECT_THAT(read_as("pylint", "{}"), ElementsAre(HasSubstr("pylint: output has no array")));
  EXPECT_THAT(read_as("shellcheck", "[]"),
              ElementsAre("shellcheck: output has no array at '/comments'; its findings are left "
                          "out"));
  EXPECT_THAT(read_as("ast-grep", "{}\nnot JSON\n"),
              ElementsAre(HasSubstr("ast-grep: output is not JSON")));
  EXPECT_THAT(read_as("pylint", std::string(1'000'000, '[')),
              ElementsAre(HasSubstr("pylint: output is not JSON")));
}

TEST(BuiltinCheckersTest, EveryOneServesKnownTaskTypesAndNamesShippedFilesOnly) {
  constexpr std::array kTaskTypes = std::to_array<std::string_view>(
      {"architectural_analysis", "design_pattern_review", "performance_bottleneck_detection",
       "security_vulnerability_assessment", "task_decomposition", "result_synthesis",
       "naming_convention_check", "import_organization", "documentation_completeness",
       "type_annotation_check", "error_message_quality", "test_coverage_verification",
       "deprecated_api_scan", "log_statement_review"});
  const Result<std::vector<Checker>> checkers = builtin_checkers();
  ASSERT_TRUE(checkers) << checkers.error().message;
  EXPECT_GE(checkers->size(), 7U);
  for (const Checker& checker : *checkers) {
    SCOPED_TRACE(checker.name);
    EXPECT_THAT(checker.arguments, Contains("{files}"));
    EXPECT_THAT(checker.task_types, Each(testing::AnyOfArray(kTaskTypes)));
    for (const std::string& argument : checker.arguments) {
      const std::size_t mark = argument.find("{config:");
      if (mark == std::string::npos) continue;
      const std::string name = argument.substr(mark + 8, argument.find('}', mark) - mark - 8);
      EXPECT_TRUE(embedded_file("checkers/" + name) || embedded_file("checkers/" + name + ".yml"))
          << name;
    }
  }
}

}  // namespace
}  // namespace baton
