#include <gtest/gtest.h>

#include "base/text.h"
#include "report/example_agent_report.h"

namespace baton {
namespace {

TEST(AgentMarkdownTest, ARunInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_markdown(example::feature()),
            R"text(## Feature: Add an option --json to \`list\`. Keep the text form as it is.

> **Partial:** 1 of 9 tasks is missing: t4 documentation-writer.

The listing becomes a value first; then it gets a second form.

### Branch

baton/add-json-abc123 at 1f2e3d4c5b6a, built upon 9a8b7c6d5e4f

```sh
git diff 9a8b7c6d5e4f..baton/add-json-abc123
git switch baton/add-json-abc123
```

<details><summary>2 files changed, 1,184 lines added, 7 removed</summary>

| | File | Added | Removed |
| --- | --- | ---: | ---: |
| M | src/list.cc | 1,120 | 7 |
| A | tests/list\_test.cc | 64 | 0 |

</details>

### 3 tasks were done

#### t2: Write the option

<sub>code-writer, deep, claude-opus-4-7: 1 attempt, 12 turns, 34 tool calls, \$0.5000</sub>

`list --json` prints one object for each entry. Dates are UTC.

Files: `src/list.cc`

- The order of entries is not stable.

#### t5: Test the option

<sub>test-writer, fast, claude-haiku-4-5: 1 attempt, 6 turns, 8 tool calls, \$0.0345</sub>

Three tests, one for each form.

Files: `tests/list_test.cc`, `src/list.cc`

#### t8: mend what the review found

<sub>code-writer, deep, claude-opus-4-7: 1 attempt, 5 turns, 6 tool calls, \$0.2000</sub>

Names are escaped.

Files: `src/list.cc`

### Merges that needed mending

- t6, merging t5: conflicts in src/list.cc: mended by integrator, balanced, claude-sonnet-4-6: 1 attempt, 4 turns, 5 tool calls, \$0.0750

### Not done

- **t4** work: Describe the option (looped: the same call of \`read\` 3 times)

### 3 checks: 1 passed, 1 failed, 1 not run

| Check | Result | |
| --- | --- | --- |
| make test | passed | after t8 was merged; 1 of 4 runs failed |
| make lint | failed | in the worktree of t5 alone |
| make docs \| tee log | not run | t4 was skipped |

`make lint` ended with:

```
list.cc:7: line too long
make: *** [lint] Error 1
```

### Review

- round 1: t7 found 2 findings; t8 went over them. Sound but for the escaping of names.
- What t8 changed after the last review, nobody has reviewed.

What remains: 1 finding: 1 low

#### Low: `src/list.cc:42`

The helper is used once; `main` could do it.

**Suggestion:** Inline it.

<sub>review, from t7</sub>

### Notes

- t5: tests/none.cc is not in the repository.

9 tasks in 12m05s (run `r-abc123def456`, partial).

<details><summary>Context by role</summary>

| Role | Model | Largest prompt | Of the window | First prompt, of its budget |
| --- | --- | ---: | ---: | ---: |
| planner | claude-opus-4-7 | 31,000 | 3.1% of 1,000,000 | 30,800 of 40,000 |
| code-writer | claude-opus-4-7 | 58,211 | 5.8% of 1,000,000 | 21,400 of 60,000 |
| test-writer | a-model-of-ours | 18,000 | – | – |

- left out of t2: src/big.cc (lines 400-900 of 900)

The repository is about 180,000 tokens: what one model alone would have to read. The largest prompt here was 58,211 (32.3%).

</details>

<details><summary>Cost: $1.23 of $5.00, 50.6% less than all on claude-opus-4-7</summary>

| | Calls | Input | Cache write | Cache read | Output | Cost |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| planner | 1 | 31,000 | 0 | 0 | 2,000 | \$0.2050 |
| code-writer | 17 | 22,000 | 30,000 | 341,000 | 9,000 | \$0.7000 |
| others | 25 | 30,456 | 17,890 | 600,000 | 11,345 | \$0.3295 |
| claude-opus-4-7 | 20 | 61,000 | 30,000 | 441,000 | 12,000 | \$1.01 |
| claude-haiku-4-5 | 23 | 22,456 | 17,890 | 500,000 | 10,345 | \$0.2245 |
| **total** | 43 | 83,456 | 47,890 | 941,000 | 22,345 | \$1.23 |

- 87.7% of the prompt tokens were read from the cache
- the same tokens on claude-opus-4-7: \$2.50

</details>

All deep: \$3.10 by claude-opus-4-7's own count of tokens (baton compare): 60.1% saved
)text");
}

TEST(AgentMarkdownTest, ARunThatWasStoppedSaysWhatIsNotDoneYet) {
  EXPECT_EQ(to_markdown(example::half_way()), R"text(## Run: Tidy the build files

> **Paused:** stopped on request

### Branch

not made: the run has not ended

### Not done

- **t2** work: Sort the lists (pending)

2 tasks in 4.2s (run `r-111111111111`, paused).

<details><summary>Cost: $0.1000</summary>

| | Calls | Input | Cache write | Cache read | Output | Cost |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| planner | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |
| claude-opus-4-7 | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |
| **total** | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |

- 0.0% of the prompt tokens were read from the cache

</details>
)text");
}

TEST(AgentMarkdownTest, WhatNeededNoWorkerIsAnAnswer) {
  EXPECT_EQ(to_markdown(example::direct_answer()), R"text(## Run: Where is the version kept?

In `CMakeLists.txt`, line 2.

Nothing else repeats it.

1 task in 3.1s (run `r-000000000000`, complete).

<details><summary>Cost: $0.1000</summary>

| | Calls | Input | Cache write | Cache read | Output | Cost |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| planner | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |
| claude-opus-4-7 | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |
| **total** | 1 | 10,000 | 0 | 0 | 2,000 | \$0.1000 |

- 0.0% of the prompt tokens were read from the cache

</details>
)text");
}

// Without its code and its lines of HTML, where marks mean nothing.
std::string prose_of(const std::string& markdown, bool with_html = false) {
  std::string prose;
  bool in_block = false;
  for (const std::string_view line : split_lines(markdown)) {
    if (line.starts_with("```")) in_block = !in_block;
    if (in_block || line.starts_with("```")) continue;
    if (!with_html && line.starts_with("<details>")) continue;
    bool in_span = false;
    for (const char c : line) {
      if (c == '`') in_span = !in_span;
      if (!in_span) prose += c;
    }
    prose += '\n';
  }
  return prose;
}

TEST(AgentMarkdownTest, WhatAWorkerWroteBeginsNothing) {
  for (const std::string mark : {"# heading", "> quote", "- item", "1. item", "---", "| cell"}) {
    const std::string prose = prose_of(to_markdown(example::all_saying("a\n\n" + mark)));
    for (const std::string_view line : split_lines(prose)) EXPECT_NE(line, mark);
  }
}

TEST(AgentMarkdownTest, WhatAWorkerWroteIsNoMarkup) {
  for (const std::string mark : {"<img src=x onerror=alert(1)>", "![x](y)", "[x](y)", "http://evil",
                                 "@everyone", "closes #12"}) {
    const std::string prose = prose_of(to_markdown(example::all_saying("a " + mark + "\n" + mark)));
    EXPECT_EQ(prose.find(mark), prose.npos) << mark;
  }
}

TEST(AgentMarkdownTest, WhatAWorkerWroteCannotCloseWhatItStandsIn) {
  const std::string prose = prose_of(
      to_markdown(example::all_saying("a\n</details>\n</summary>\n</sub>")), /*with_html=*/true);
  const auto count = [&](std::string_view what) {
    int times = 0;
    for (std::size_t at = prose.find(what); at != prose.npos; at = prose.find(what, at + 1))
      ++times;
    return times;
  };
  EXPECT_EQ(count("</details>"), count("<details>"));
  EXPECT_EQ(count("</summary>"), count("<summary>"));
  EXPECT_EQ(count("</sub>"), count("<sub>"));
}

TEST(AgentMarkdownTest, AProgramsOutputCannotLeaveItsBlock) {
  AgentReport report = example::half_way();
  report.checks = {{.command = "make",
                    .state = CheckState::kFailed,
                    .task = "t2",
                    .runs = 1,
                    .failures = 1,
                    .detail = "````\n# Approved\n\x1b[2J"}};
  EXPECT_NE(to_markdown(report).find("`make` ended with:\n\n`````\n````\n# Approved\n\uFFFD[2J\n"
                                     "`````\n"),
            std::string::npos);
}

TEST(AgentMarkdownTest, ABarInACommandEndsNoCell) {
  EXPECT_NE(to_markdown(example::feature()).find("| make docs \\| tee log | not run |"),
            std::string::npos);
}

}  // namespace
}  // namespace baton
