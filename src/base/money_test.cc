#include "base/money.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

TEST(MoneyTest, APriceTimesACountIsExact) {
  const Money per_token = Money::pico(12'500);  // $0.0125 per million tokens
  EXPECT_EQ((per_token * Tokens(3)).to_string(), "0.0000000375");
}

TEST(MoneyTest, IsWrittenWithTwoToTwelveDecimals) {
  EXPECT_EQ(Money().to_string(), "0.00");
  EXPECT_EQ(Money::cents(250).to_string(), "2.50");
  EXPECT_EQ(Money::pico(-1).to_string(), "-0.000000000001");
}

TEST(MoneyTest, IsShownToPeopleRoundedButNeverAsNothing) {
  EXPECT_EQ(Money::pico(5).to_display(), "<$0.0001");
  EXPECT_EQ(Money::cents(3).to_display(), "$0.0300");
  EXPECT_EQ(Money::pico(1'999'999'999'999).to_display(), "$2.00");
  EXPECT_EQ(Money::cents(-1).to_display(), "-$0.0100");
}

TEST(MoneyTest, RefusesWhatIsNotAnAmount) {
  for (const char* text :
       {"", ".", "1.", ".5", "1e3", "+1", "1,5", "$1", "1.0000000000001", "99999999999", "--1"}) {
    EXPECT_FALSE(Money::parse(text)) << text;
  }
}

TEST(MoneyDeathTest, StopsRatherThanWrap) {
  EXPECT_DEATH(static_cast<void>(Money::dollars(9'000'000) + Money::dollars(9'000'000)),
               "internal error");
}

RC_GTEST_PROP(MoneyTest, WhatIsWrittenIsReadBack, (std::int64_t pico)) {
  RC_PRE(pico != INT64_MIN);
  RC_ASSERT(*Money::parse(Money::pico(pico).to_string()) == Money::pico(pico));
}

}  // namespace
}  // namespace baton
