#include "core/call_outcome.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(CallOutcomeTest, EveryFailureKindIsReadBackFromItsWord) {
  for (int number = 0; number <= static_cast<int>(FailureKind::kCancelled); ++number) {
    const auto kind = static_cast<FailureKind>(number);
    EXPECT_FALSE(to_string(kind).empty());
    EXPECT_EQ(failure_kind_from(to_string(kind)), kind) << to_string(kind);
  }
}

TEST(CallOutcomeTest, AWordThatNamesNoFailureIsNotGuessedAt) {
  EXPECT_EQ(failure_kind_from("exploded"), std::nullopt);
  EXPECT_EQ(failure_kind_from(""), std::nullopt);
}

TEST(CallOutcomeTest, EveryStopReasonIsReadBackFromTheWiresWord) {
  for (int number = 0; number <= static_cast<int>(StopReason::kOther); ++number) {
    const auto stop = static_cast<StopReason>(number);
    EXPECT_EQ(stop_reason_from(to_string(stop)), stop) << to_string(stop);
  }
  EXPECT_EQ(to_string(StopReason::kWindowExceeded), "model_context_window_exceeded");
}

TEST(CallOutcomeTest, AStopReasonInventedLaterIsStoppedForAnotherReason) {
  EXPECT_EQ(stop_reason_from("compaction"), StopReason::kOther);
}

}  // namespace
}  // namespace baton
