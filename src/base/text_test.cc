#include "base/text.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TextTest, BytesThatAreNoCharacterAreReplacedOneByOne) {
  EXPECT_EQ(to_utf8("caf\xE9 \xC3\xA9"), "caf\xEF\xBF\xBD \xC3\xA9");
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));  // a surrogate
  EXPECT_FALSE(is_utf8("\xC0\xAF"));      // an overlong slash
  EXPECT_FALSE(is_utf8("\xE2\x82"));      // cut short
}

TEST(TextTest, AnEscapeSequenceOfAModelDoesNothingOnATerminal) {
  EXPECT_EQ(for_terminal("\x1b[2Jgone"), "\xEF\xBF\xBD[2Jgone");
  EXPECT_EQ(for_terminal("a\u202Eb\u009Bc"), "a\uFFFDb\uFFFDc");
  EXPECT_EQ(for_terminal("tab\tline\n"), "tab\tline\n");
}

TEST(TextTest, LinesLoseTheirEndsWhateverTheyAre) {
  EXPECT_THAT(split_lines("a\r\nb\n\nc"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split_lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(TextTest, ShorteningCutsBetweenCharacters) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc…");
  EXPECT_EQ(shorten("ééééé", 8), "éé…");
}

RC_GTEST_PROP(TextTest, WhatIsMadeUtf8IsUtf8, (const std::string& bytes)) {
  RC_ASSERT(is_utf8(to_utf8(bytes)));
  RC_ASSERT(is_utf8(for_terminal(bytes)));
}

}  // namespace
}  // namespace baton
