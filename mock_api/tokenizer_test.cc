#include "mock_api/tokenizer.h"

#include <rapidcheck/gtest.h>

namespace baton::mock_api {
namespace {

TEST(TokenizerTest, FourBytesAreATokenAndTheNewerTokenizersGiveAThirdMore) {
  const Model& haiku = *find_model("claude-haiku-4-5");
  const Model& opus = *find_model("claude-opus-4-7");
  EXPECT_EQ(tokens_in(haiku, 0), 0);
  EXPECT_EQ(tokens_in(haiku, 1), 1);
  EXPECT_EQ(tokens_in(haiku, 4'001), 1'001);
  EXPECT_EQ(tokens_in(opus, 1), 1);
  EXPECT_EQ(tokens_in(opus, 4'000), 1'300);
}

RC_GTEST_PROP(TokenizerTest, NoTextHasMoreTokensThanBytes, ()) {
  const auto bytes = *rc::gen::inRange<std::size_t>(0, 10'000'000);
  for (const Model& model : all_models()) {
    RC_ASSERT(tokens_in(model, bytes) <= static_cast<std::int64_t>(bytes));
  }
}

RC_GTEST_PROP(TokenizerTest, WhatIsCutToALimitKeepsIt, ()) {
  const auto limit = *rc::gen::inRange<std::int64_t>(0, 200'000);
  for (const Model& model : all_models()) {
    const std::size_t bytes = bytes_within(model, limit);
    RC_ASSERT(tokens_in(model, bytes) <= limit);
    RC_ASSERT(tokens_in(model, bytes + 8) > limit - 2);
  }
}

}  // namespace
}  // namespace baton::mock_api
