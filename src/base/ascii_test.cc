#include "base/ascii.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(Ascii, SpacesAreThoseOfTextFilesAndNoNul) {
  for (const char c : {' ', '\t', '\r', '\n'}) EXPECT_TRUE(is_space(c)) << int{c};
  for (const char c : {'a', '\0', '\v', '\xA0'}) EXPECT_FALSE(is_space(c)) << int{c};
}

TEST(Ascii, OnlyTheLettersOfAsciiHaveSmallOnes) {
  EXPECT_EQ(lower('A'), 'a');
  EXPECT_EQ(lower('Z'), 'z');
  for (const char c : {'a', '@', '[', '0', '\xC4'}) EXPECT_EQ(lower(c), c) << int{c};
}

TEST(Ascii, TrimsBothEndsAndNothingWithin) {
  EXPECT_EQ(trimmed(" \t two words\r\n"), "two words");
  EXPECT_EQ(trimmed(" \r\n\t"), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace baton
