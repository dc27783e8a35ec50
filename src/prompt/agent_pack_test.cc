#include "prompt/agent_pack.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "prompt/prompt.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += fmt::format("line number {:04}\n", i);
  return text;
}

TEST(AgentPackTest, WhatFitsIsAllThereInItsOrder) {
  const Pack pack = make_pack({{"# Task", "Do it.", true}, {"### a", "x\n"}, {"### b", "y"}},
                              Tokens(1'000), Tokens(100));
  EXPECT_EQ(pack.text, "# Task\nDo it.\n\n### a\nx\n\n### b\ny\n\n");
  EXPECT_THAT(pack.report.left_out, IsEmpty());
  EXPECT_EQ(pack.report.used, Tokens(100) + estimated_tokens(pack.text.size()));
}

TEST(AgentPackTest, WhatDoesNotFitIsCutAtALineOrLeftOutAndBothAreSaid) {
  const Pack pack = make_pack({{"# Task", "Do it.", true},
                               {"### big.cc (500 lines)", lines(500), false, true},
                               {"### a result", lines(300)},
                               {"### a note", "short"}},
                              Tokens(2'000), Tokens());
  EXPECT_THAT(pack.text, HasSubstr("line number 0001\n"));
  EXPECT_THAT(pack.text, HasSubstr(" of 500 lines are shown]"));
  EXPECT_THAT(pack.text, HasSubstr("- a result (about "));
  EXPECT_THAT(pack.text, HasSubstr("short"));
  EXPECT_THAT(pack.report.left_out,
              ElementsAre(HasSubstr(" of 500 lines)"), HasSubstr("a result (about ")));
  EXPECT_LE(pack.report.used, Tokens(2'000));
}

TEST(AgentPackTest, WhatIsWorthLessIsTakenWhereWhatIsWorthMoreIsTooLarge) {
  const Pack pack =
      make_pack({{"### a result", lines(1'000)}, {"### a note", "short"}}, Tokens(1'000), Tokens());
  EXPECT_THAT(pack.text, Not(HasSubstr("line number")));
  EXPECT_THAT(pack.text, HasSubstr("short"));
  EXPECT_THAT(pack.report.left_out, ElementsAre(HasSubstr("a result")));
}

TEST(AgentPackTest, WhatMustBeThereIsThereWhateverTheBudget) {
  const Pack pack = make_pack({{"# Task", lines(100), true}, {"### a", lines(10), false, true}},
                              Tokens(10), Tokens(50));
  EXPECT_THAT(pack.text, HasSubstr("line number 0100"));
  EXPECT_THAT(pack.report.left_out, ElementsAre(HasSubstr("a (about")));
}

TEST(AgentPackTest, ManyThatAreLeftOutAreCounted) {
  std::vector<PackPart> parts;
  for (int i = 0; i < 100; ++i) parts.push_back({fmt::format("### {}", i), lines(100)});
  const Pack pack = make_pack(parts, Tokens(600), Tokens());
  EXPECT_EQ(pack.report.left_out.size(), 100U);
  EXPECT_THAT(pack.text, HasSubstr("- and 88 more"));
}

// Whatever the sizes: only what must be there makes it larger than its budget.
TEST(AgentPackTest, APackKeepsToItsBudget) {
  for (int budget = 600; budget < 6'000; budget += 487) {
    for (int size = 1; size < 900; size += 211) {
      std::vector<PackPart> parts = {{"# Task", "Do it.", true}};
      for (int i = 0; i < 20; ++i) {
        parts.push_back({fmt::format("### {}{}", i, std::string(i == 3 ? 500U : 0U, 'n')),
                         lines(size + i), false, i % 2 == 0});
      }
      const Pack pack = make_pack(parts, Tokens(budget), Tokens(100));
      ASSERT_LE(pack.report.used, Tokens(budget)) << budget << " " << size;
    }
  }
}

}  // namespace
}  // namespace baton
