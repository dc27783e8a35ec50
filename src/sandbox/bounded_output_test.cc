#include "sandbox/bounded_output.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

TEST(BoundedOutputTest, WhatFitsIsKeptAsItCame) {
  BoundedOutput output(8);
  output.add("abc");
  output.add("defgh");
  EXPECT_EQ(output.text(), "abcdefgh");
  EXPECT_FALSE(output.truncated());
}

TEST(BoundedOutputTest, BeyondTheLimitTheBeginningAndTheEndAreKeptAndTheRestIsCounted) {
  BoundedOutput output(8);
  output.add("abcdef");
  output.add("ghijkl");
  EXPECT_EQ(output.text(), "abcd\n[4 bytes left out]\nijkl");
  EXPECT_TRUE(output.truncated());
}

TEST(BoundedOutputTest, ALimitOfNothingKeepsNothing) {
  BoundedOutput output(0);
  output.add("abc");
  EXPECT_EQ(output.text(), "\n[3 bytes left out]\n");
}

RC_GTEST_PROP(BoundedOutputProperty, HoweverItIsCutTheSameTextIsKept, ()) {
  const auto pieces = *rc::gen::arbitrary<std::vector<std::string>>();
  const auto limit = *rc::gen::inRange<std::size_t>(0, 40);
  BoundedOutput piecewise(limit);
  std::string whole;
  for (const std::string& piece : pieces) {
    piecewise.add(piece);
    whole += piece;
  }
  BoundedOutput at_once(limit);
  at_once.add(whole);
  RC_ASSERT(piecewise.text() == at_once.text());
  RC_ASSERT(piecewise.truncated() == (whole.size() > limit / 2 * 2));
}

}  // namespace
}  // namespace baton
