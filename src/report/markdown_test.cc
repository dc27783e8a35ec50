#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "report/example_report.h"
#include "report/markdown_text.h"

namespace baton {
namespace {

// Invisible breaks shown, so that a golden text can be read.
std::string visible(std::string text) {
  constexpr std::string_view kBreak = "\u200B";
  for (std::size_t at = text.find(kBreak); at != text.npos; at = text.find(kBreak, at)) {
    text.replace(at, kBreak.size(), "<ZW>");
  }
  return text;
}

TEST(MarkdownTest, AReportInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(visible(to_markdown(example::full())), R"text(## Review of `HEAD~3..HEAD`

> **Partial:** 1 of 3 tasks is missing: t3 test\_coverage\_verification.

The change moves the query layer to its own module. The move is sound, but one query is built from user input, and the new names do not follow those around them.

### 2 findings: 1 critical, 1 low

#### Critical: `src/db/query.cc:42`

`user` is concatenated into the SQL text, so whoever chooses their name chooses the query: '; DROP TABLE users; --' is a valid user name.

**Suggestion:** Bind it: `SELECT * FROM users WHERE name = ?`.

<sub>security\_vulnerability\_assessment, from t2, 95% sure</sub>

#### Low: `src/my module/näme.py:7`

&lt;img src=x onerror=alert(1)&gt; \!\[x\](http:/<ZW>/evil.example/p.png) <ZW>@<ZW>everyone, see #<ZW>12�\[2J

<sub>naming\_convention\_check, from t1 (ruff), t2</sub>

2 findings were dropped: they point to a line that does not exist or was not reviewed (1 no such file, 1 outside what was reviewed).

### Not done

- **t3** test\_coverage\_verification: Do the new branches have tests? (every tier it may use has failed)

### Not reviewed

- `assets/logo.png`: binary
- `vendor/big.json`: larger than 1 MiB

### Left to a model

These were not done; with `ANTHROPIC_API_KEY` set, and without `--local`, they are.

| Task | Tier | About |
| --- | --- | ---: |
| architectural\_analysis | deep | \$0.1200 |
| log\_statement\_review | fast | \$0.0040 |

### Notes

- src/old.txt is not UTF-8: 3 bytes were replaced.

12 files and 1,340 added lines reviewed in 42.3s (run `r-abc123def456`, partial).

<details><summary>3 tasks</summary>

| Task | Type | Tier | By | Status | Attempts | Findings |
| --- | --- | --- | --- | --- | ---: | ---: |
| t1 | naming\_convention\_check | local | ruff | done | 1 | 1 |
| t2 | security\_vulnerability\_assessment | deep | claude-opus-4-7 | done | 2 | 1 |
| t3 | test\_coverage\_verification | deep | claude-opus-4-7 | skipped | 4 | 0 |

</details>

<details><summary>Cost: $0.4213 of $2.00, 72.0% less than all on claude-opus-4-7</summary>

| | Calls | Input | Cache write | Cache read | Output | Cost |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| orchestrator | 2 | 20,000 | 0 | 0 | 6,000 | \$0.2500 |
| workers | 9 | 3,456 | 7,890 | 41,000 | 6,345 | \$0.1713 |
| claude-opus-4-7 | 2 | 20,000 | 0 | 0 | 6,000 | \$0.2500 |
| claude-haiku-4-5 | 9 | 3,456 | 7,890 | 41,000 | 6,345 | \$0.1713 |
| **total** | 11 | 23,456 | 7,890 | 41,000 | 12,345 | \$0.4213 |

- 56.6% of the prompt tokens were read from the cache
- the same tokens on claude-opus-4-7: \$1.40
- estimated before: \$0.4500
- 1 call without a known bill, booked at worst case: \$0.0300

</details>
)text");
}

TEST(MarkdownTest, AReportWithoutFindingsModelsOrTroubleIsShort) {
  EXPECT_EQ(visible(to_markdown(example::empty())), R"text(## Review of `HEAD~1..HEAD`

### No findings

1 file and 1 added line reviewed in 850ms (run `r-000000000000`, complete).

Cost: \$0.00, no model was called
)text");
}

TEST(MarkdownTextTest, WhatAModelWroteShowsAsItWasWritten) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
      {"&lt;", "&amp;lt;"},
      {"![pixel](http://x)", "\\!\\[pixel\\](http:/<ZW>/x)"},
      {"www.evil.example", "w<ZW>ww.evil.example"},
      {"cc @octocat", "cc <ZW>@<ZW>octocat"},
      {"mail a@b.example", "mail a<ZW>@<ZW>b.example"},
      {"closes #12", "closes #<ZW>12"},
      {"# heading", "\\# heading"},
      {"- item", "\\- item"},
      {"12. item", "12\\. item"},
      {"12.5 is a number", "12\\.5 is a number"},
      {"*bold* _it_ ~~no~~ a|b", "\\*bold\\* \\_it\\_ \\~\\~no\\~\\~ a\\|b"},
      {"===", "\\==="},
      {"back\\slash", "back\\\\slash"},
      {"call `f(x)` twice", "call `f(x)` twice"},
      {"``a`b`` and `", "``a`b`` and \\`"},
      {"```\n<b>\n```", "\\`\\`\\`  \n&lt;b&gt;  \n\\`\\`\\`"},
      {"one\n\n\ntwo", "one\n\ntwo"},
      {"    indented", "indented"},
      {"", ""},
  };
  for (const auto& [written, safe] : rows) {
    EXPECT_EQ(visible(md_prose(written)), safe) << written;
  }
}

TEST(MarkdownTextTest, ACodeSpanHoldsWhateverIsInIt) {
  EXPECT_EQ(md_code("a.cc"), "`a.cc`");
  EXPECT_EQ(md_code("a`b"), "``a`b``");
  EXPECT_EQ(md_code("``"), "``` `` ```");
  EXPECT_EQ(md_code("a\nb"), "`a b`");
}

TEST(MarkdownTextTest, ATableCellStaysInItsCell) {
  EXPECT_EQ(md_cell("a | b\n| c |"), "a \\| b \\| c \\|");
  EXPECT_EQ(md_cell("`a|b`"), "\\`a\\|b\\`");
}

// Nothing of `text`'s own is left outside code spans that HTML, a link or a mention could begin
// with.
RC_GTEST_PROP(MarkdownTextProperty, NoHtmlLinkOrMentionSurvives, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element<char>(
      '<', '>', '&', '@', '[', ']', '(', ')', '!', '\\', ':', '/', 'a', '\n', ' '));
  const std::string safe = md_prose(text);
  RC_ASSERT(safe.find_first_of("<>") == safe.npos);
  for (std::size_t at = 0; at < safe.size(); ++at) {
    if (safe[at] == '[' || safe[at] == ']') {
      std::size_t slashes = 0;
      while (slashes < at && safe[at - 1 - slashes] == '\\') ++slashes;
      RC_ASSERT(slashes % 2 == 1);
    }
    if (safe[at] == '@') {
      RC_ASSERT(safe.substr(at - 3, 3) == "\u200B");
      RC_ASSERT(safe.substr(at + 1, 3) == "\u200B");
    }
  }
  RC_ASSERT(safe.find("//") == safe.npos);
}

}  // namespace
}  // namespace baton
