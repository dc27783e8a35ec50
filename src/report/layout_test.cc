#include "report/layout.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace baton {
namespace {

TEST(LayoutTest, WordsAreWrappedAndLinesStayApart) {
  EXPECT_EQ(wrapped("one two three", 7, 0), "one two\nthree\n");
  EXPECT_EQ(wrapped("one two three", 9, 2), "  one two\n  three\n");
  EXPECT_EQ(wrapped("a\n\nb\r\n", 9, 2), "  a\n\n  b\n");
  EXPECT_EQ(wrapped("\n  a", 9, 0), "a\n");
}

TEST(LayoutTest, AWordThatDoesNotFitStandsWhole) {
  EXPECT_EQ(wrapped("see src/a/long/path.cc there", 8, 0), "see\nsrc/a/long/path.cc\nthere\n");
}

TEST(LayoutTest, WidthIsCountedInCharacters) {
  EXPECT_EQ(wrapped("äöü äöü", 7, 0), "äöü äöü\n");
  EXPECT_EQ(left("ä", 3), "ä  ");
  EXPECT_EQ(right("ä", 3), "  ä");
  EXPECT_EQ(right("long", 3), "long");
}

TEST(LayoutTest, NothingIsWrappedToNothing) {
  EXPECT_EQ(wrapped("", 9, 2), "");
  EXPECT_EQ(wrapped(" \n\t", 9, 2), "");
  EXPECT_EQ(hanging("→ ", " ", 9, 2), "→ \n");
  EXPECT_EQ(hanging("→ ", "one two three", 9, 2), "→ one two\n  three\n");
}

TEST(LayoutTest, CountsReadWell) {
  EXPECT_EQ(counted(0, "file", "files"), "0 files");
  EXPECT_EQ(counted(1, "file", "files"), "1 file");
  EXPECT_EQ(counted(1'200, "file", "files"), "1,200 files");
  EXPECT_EQ(grouped(-1'234'567), "-1,234,567");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(-999), "-999");
}

RC_GTEST_PROP(LayoutProperty, AnyTextWrapsIntoSafeLines, (const std::string& text)) {
  const std::string out = wrapped(text, 20, 3);
  RC_ASSERT(for_terminal(out) == out);
  // Named first: RC_ASSERT overloads ||, which then no longer stops at its first side.
  const bool ends_with_a_line = out.empty() || out.back() == '\n';
  RC_ASSERT(ends_with_a_line);
}

}  // namespace
}  // namespace baton
