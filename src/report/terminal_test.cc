#include <gtest/gtest.h>

#include "base/text.h"
#include "report/example_report.h"
#include "report/layout.h"

namespace baton {
namespace {

constexpr TerminalStyle kPlain{.color = false, .width = 100};

TEST(TerminalTest, AReportInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_terminal(example::full(), kPlain), R"text(Review of HEAD~3..HEAD
r-abc123def456 · partial · 12 files · 1,340 lines added · 42.3s
! 1 of 3 tasks is missing: t3 test_coverage_verification.

The change moves the query layer to its own module. The move is sound, but one query is built from
user input, and the new names do not follow those around them.

2 findings: 1 critical, 1 low

critical  src/db/query.cc:42  security_vulnerability_assessment
          `user` is concatenated into the SQL text, so whoever chooses their name chooses the query:
          '; DROP TABLE users; --' is a valid user name.
          → Bind it: `SELECT * FROM users WHERE name = ?`.
          from t2, 95% sure

low       src/my module/näme.py:7  naming_convention_check
          <img src=x onerror=alert(1)> ![x](http://evil.example/p.png) @everyone, see #12�[2J
          from t1 (ruff), t2

2 findings were dropped: they point to a line that does not exist or was not reviewed (1 no such
file, 1 outside what was reviewed).

1 task was not done
  t3 test_coverage_verification: Do the new branches have tests?
    every tier it may use has failed

2 files were not reviewed
  assets/logo.png: binary
  vendor/big.json: larger than 1 MiB

2 kinds of task were left to a model
  architectural_analysis              deep         about $0.1200
  log_statement_review                fast         about $0.0040
  together                                         about $0.1240
  To have them done, set ANTHROPIC_API_KEY and run the review again without --local.

Note
  src/old.txt is not UTF-8: 3 bytes were replaced.

Cost  $0.4213 of $2.00 in 11 calls
                   calls       input  cache write  cache read    output     cost
  orchestrator         2      20,000            0           0     6,000  $0.2500
  workers              9       3,456        7,890      41,000     6,345  $0.1713
  claude-opus-4-7      2      20,000            0           0     6,000  $0.2500
  claude-haiku-4-5     9       3,456        7,890      41,000     6,345  $0.1713
  total               11      23,456        7,890      41,000    12,345  $0.4213
  cached    56.6% of the prompt tokens were read from the cache
  all deep  $1.40 for the same tokens on claude-opus-4-7: 72.0% saved
  estimate  $0.4500 before, $0.4213 in the end
  unknown   1 call is without a known bill, booked at worst case: $0.0300
  retries   2 retries, 1 escalation; $0.00 for attempts that were not accepted

More: baton show r-abc123def456 · baton cost --run r-abc123def456
)text");
}

TEST(TerminalTest, AReportWithoutFindingsModelsOrTroubleIsShort) {
  EXPECT_EQ(to_terminal(example::empty(), kPlain), R"text(Review of HEAD~1..HEAD
r-000000000000 · complete · 1 file · 1 line added · 850ms

No findings

Cost  $0.00 (no model was called)

More: baton show r-000000000000 · baton cost --run r-000000000000
)text");
}

TEST(TerminalTest, TheCostAloneHasEveryTask) {
  EXPECT_EQ(cost_to_terminal("r-abc123def456", example::cost(), kPlain), R"text(Run r-abc123def456
Cost  $0.4213 of $2.00 in 11 calls
                             calls       input  cache write  cache read    output     cost
  orchestrator                   2      20,000            0           0     6,000  $0.2500
  workers                        9       3,456        7,890      41,000     6,345  $0.1713
  claude-opus-4-7                2      20,000            0           0     6,000  $0.2500
  claude-haiku-4-5               9       3,456        7,890      41,000     6,345  $0.1713
  t0 task_decomposition          1      15,000            0           0     4,000  $0.1750
  t1 naming_convention_check    10       8,456        7,890      41,000     8,345  $0.2463
  total                         11      23,456        7,890      41,000    12,345  $0.4213
  cached    56.6% of the prompt tokens were read from the cache
  all deep  $1.40 for the same tokens on claude-opus-4-7: 72.0% saved
  estimate  $0.4500 before, $0.4213 in the end
  unknown   1 call is without a known bill, booked at worst case: $0.0300
  retries   2 retries, 1 escalation; $0.00 for attempts that were not accepted
)text");
}

TEST(TerminalTest, ColoursAreThereOnlyIfAskedFor) {
  EXPECT_EQ(to_terminal(example::full(), kPlain).find('\x1b'), std::string::npos);
  const std::string colored = to_terminal(example::full(), {.color = true, .width = 100});
  EXPECT_NE(colored.find("\x1b[1;31mcritical\x1b[0m  \x1b[1msrc/db/query.cc:42\x1b[0m"),
            std::string::npos);
}

TEST(TerminalTest, NothingThatCameFromOutsideCanDriveTheTerminal) {
  const std::string evil = "\x1b]0;title\x07\x1b[2J\r\u202E";
  ReviewReport report = example::full();
  report.run = report.status = report.reason = report.title = report.summary = evil;
  report.dropped_detail = evil;
  report.findings = {{evil, 1, Severity::kHigh, evil, evil, evil, 0.5, evil}};
  report.missing = {{TaskId(1), evil, evil, Role::kWorker, evil, evil, evil, 1, evil, 0}};
  report.left_to_models = {{evil, evil, Money()}};
  report.skipped = {{evil, evil}};
  report.notes = {evil};
  report.cost.deep_model = evil;
  report.cost.by_model = {{evil, 1, {}, {}}};
  const std::string text = to_terminal(report, kPlain);
  EXPECT_EQ(text.find_first_of("\x1b\x07\r"), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
}

TEST(TerminalTest, AFileNameCannotForgeALineOfTheReport) {
  ReviewReport report = example::empty();
  report.findings = {{"a.cc\ncritical  b.cc", 1, Severity::kLow, "c", " \n ", "\n", 1, "t1"}};
  EXPECT_NE(to_terminal(report, kPlain).find("low       a.cc critical b.cc:1  c\n"),
            std::string::npos);
}

TEST(TerminalTest, NoLineIsWiderThanTheTerminal) {
  for (const int width : {80, 100, 200}) {
    const std::string text = to_terminal(example::full(), {.color = false, .width = width});
    for (const std::string_view line : split_lines(text)) {
      EXPECT_LE(columns_of(line), width) << line;
    }
  }
}

}  // namespace
}  // namespace baton
