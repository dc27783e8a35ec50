#include <gtest/gtest.h>

#include "base/text.h"
#include "report/example_agent_report.h"
#include "report/layout.h"

namespace baton {
namespace {

constexpr TerminalStyle kPlain{.color = false, .width = 100};

TEST(AgentTerminalTest, ARunInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_terminal(example::feature(), kPlain),
            R"text(Feature: Add an option --json to `list`. Keep the text form as it is.
r-abc123def456 · partial · 9 tasks · 12m05s
! 1 of 9 tasks is missing: t4 documentation-writer.

  The listing becomes a value first; then it gets a second form.

Branch
  baton/add-json-abc123 at 1f2e3d4c5b6a, built upon 9a8b7c6d5e4f
  git diff 9a8b7c6d5e4f..baton/add-json-abc123
  git switch baton/add-json-abc123

2 files changed, 1,184 lines added, 7 removed
  M   +1,120      -7  src/list.cc
  A      +64      -0  tests/list_test.cc

3 tasks were done

  t2  Write the option
      code-writer, deep, claude-opus-4-7: 1 attempt, 12 turns, 34 tool calls, $0.5000
      `list --json` prints one object for each entry. Dates are UTC.
      files: src/list.cc
      - The order of entries is not stable.

  t5  Test the option
      test-writer, fast, claude-haiku-4-5: 1 attempt, 6 turns, 8 tool calls, $0.0345
      Three tests, one for each form.
      files: tests/list_test.cc, src/list.cc

  t8  mend what the review found
      code-writer, deep, claude-opus-4-7: 1 attempt, 5 turns, 6 tool calls, $0.2000
      Names are escaped.
      files: src/list.cc

1 merge needed mending
  t6, merging t5: conflicts in src/list.cc
    mended by integrator, balanced, claude-sonnet-4-6: 1 attempt, 4 turns, 5 tool calls, $0.0750
    Kept the new signature and the test's helper.

1 task was not done
  t4 work: Describe the option
    skipped: looped: the same call of `read` 3 times
    documentation-writer, balanced, claude-sonnet-4-6: 3 attempts, 9 turns, 9 tool calls, $0.0200

3 checks: 1 passed, 1 failed, 1 not run
  passed   make test
           after t8 was merged; 1 of 4 runs failed
  failed   make lint
           in the worktree of t5 alone
           | list.cc:7: line too long
           | make: *** [lint] Error 1
  not run  make docs | tee log
           t4 was skipped

Review
  round 1: t7 found 2 findings; t8 went over them
    Sound but for the escaping of names.
  What t8 changed after the last review, nobody has reviewed.
  What remains: 1 finding: 1 low

low       src/list.cc:42  review
          The helper is used once; `main` could do it.
          → Inline it.
          from t7

Context
                largest prompt       of the window    first, of budget
  planner               31,000   3.1% of 1,000,000    30,800 of 40,000
  code-writer           58,211   5.8% of 1,000,000    21,400 of 60,000
    left out of t2: src/big.cc (lines 400-900 of 900)
  test-writer           18,000                   –                   –
  The repository is about 180,000 tokens: what one model alone would have to read. The largest
  prompt here was 58,211 (32.3%).

Note
  t5: tests/none.cc is not in the repository.

Cost  $1.23 of $5.00 in 43 calls
                   calls       input  cache write  cache read    output     cost
  planner              1      31,000            0           0     2,000  $0.2050
  code-writer         17      22,000       30,000     341,000     9,000  $0.7000
  others              25      30,456       17,890     600,000    11,345  $0.3295
  claude-opus-4-7     20      61,000       30,000     441,000    12,000    $1.01
  claude-haiku-4-5    23      22,456       17,890     500,000    10,345  $0.2245
  total               43      83,456       47,890     941,000    22,345    $1.23
  cached    87.7% of the prompt tokens were read from the cache
  all deep  $2.50 for the same tokens on claude-opus-4-7: 50.6% saved
  compared  $3.10 by claude-opus-4-7's own count of tokens (baton compare): 60.1% saved

More: baton show r-abc123def456 · baton cost --run r-abc123def456
)text");
}

TEST(AgentTerminalTest, ARunThatWasStoppedSaysWhatIsNotDoneYet) {
  EXPECT_EQ(to_terminal(example::half_way(), kPlain), R"text(Run: Tidy the build files
r-111111111111 · paused · 2 tasks · 4.2s
! stopped on request

Branch
  not made: the run has not ended

1 task was not done
  t2 work: Sort the lists
    pending: not yet ended
    code-writer, deep

Cost  $0.1000 in 1 call
                  calls       input  cache write  cache read    output     cost
  planner             1      10,000            0           0     2,000  $0.1000
  claude-opus-4-7     1      10,000            0           0     2,000  $0.1000
  total               1      10,000            0           0     2,000  $0.1000
  cached    0.0% of the prompt tokens were read from the cache

More: baton show r-111111111111 · baton cost --run r-111111111111
)text");
}

TEST(AgentTerminalTest, WhatNeededNoWorkerIsAnAnswer) {
  EXPECT_EQ(to_terminal(example::direct_answer(), kPlain), R"text(Run: Where is the version kept?
r-000000000000 · complete · 1 task · 3.1s

  In `CMakeLists.txt`, line 2.

  Nothing else repeats it.

Cost  $0.1000 in 1 call
                  calls       input  cache write  cache read    output     cost
  planner             1      10,000            0           0     2,000  $0.1000
  claude-opus-4-7     1      10,000            0           0     2,000  $0.1000
  total               1      10,000            0           0     2,000  $0.1000
  cached    0.0% of the prompt tokens were read from the cache

More: baton show r-000000000000 · baton cost --run r-000000000000
)text");
}

TEST(AgentTerminalTest, ColoursAreThereOnlyIfAskedFor) {
  EXPECT_EQ(to_terminal(example::feature(), kPlain).find('\x1b'), std::string::npos);
  const std::string colored = to_terminal(example::feature(), {.color = true, .width = 100});
  EXPECT_NE(colored.find("\x1b[32mpassed  \x1b[0m make test"), std::string::npos);
  EXPECT_NE(colored.find("\x1b[31mfailed  \x1b[0m make lint"), std::string::npos);
}

TEST(AgentTerminalTest, NothingThatCameFromOutsideCanDriveTheTerminal) {
  const std::string evil = "\x1b]0;title\x07\x1b[2J\r\u202E";
  const std::string text = to_terminal(example::all_saying(evil), kPlain);
  EXPECT_EQ(text.find_first_of("\x1b\x07\r"), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
}

// What the report says itself begins at the margin: "Branch", "Cost", a finding.
TEST(AgentTerminalTest, NothingThatCameFromOutsideBeginsALineAtTheMargin) {
  const std::string text = to_terminal(example::all_saying("x\n\nCost"), kPlain);
  int costs = 0;
  for (const std::string_view line : split_lines(text)) costs += line.starts_with("Cost") ? 1 : 0;
  EXPECT_EQ(costs, 1);
}

TEST(AgentTerminalTest, ACommandThatIsShownCanBePasted) {
  AgentReport report = example::half_way();
  report.commit = report.base;
  report.branch = "it's $(reboot)";
  EXPECT_NE(to_terminal(report, kPlain).find("  git switch 'it'\\''s $(reboot)'\n"),
            std::string::npos);
}

TEST(AgentTerminalTest, LongListsAreCutAndSaySo) {
  AgentReport report = example::half_way();
  report.changed.assign(45, {'A', "a.cc", 1, 0});
  report.contexts = {{.role = "code-writer", .left_out = std::vector<std::string>(8, "t2: a.cc")}};
  const std::string text = to_terminal(report, kPlain);
  EXPECT_NE(text.find("  and 5 more\n"), std::string::npos);
  EXPECT_NE(text.find("    and 2 more\n"), std::string::npos);
}

TEST(AgentTerminalTest, NoLineIsWiderThanTheTerminal) {
  for (const int width : {80, 100, 200}) {
    const std::string text = to_terminal(example::feature(), {.color = false, .width = width});
    for (const std::string_view line : split_lines(text)) {
      EXPECT_LE(columns_of(line), width) << line;
    }
  }
}

}  // namespace
}  // namespace baton
