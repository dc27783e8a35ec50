#include "core/next_move.h"

#include <fmt/format.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace baton {

std::ostream& operator<<(std::ostream& out, NextMove move) {
  switch (move) {
    case NextMove::kRetry:
      return out << "retry";
    case NextMove::kRetryWithMoreOutput:
      return out << "retry with more output";
    case NextMove::kEscalate:
      return out << "escalate";
    case NextMove::kHaltRun:
      return out << "halt the run";
    case NextMove::kTryAgainLater:
      return out << "try again later";
  }
  return out;
}

namespace {

CallEnded failed_by(FailureKind kind) {
  CallEnded end;
  end.failure = kind;
  return end;
}

CallEnded answered(Verdict verdict) {
  CallEnded end;
  end.verdict = verdict;
  return end;
}

// Every value that has a name, from the first on.
template <typename Enum>
std::set<Enum> all_values() {
  std::set<Enum> values;
  for (int i = 0; !to_string(static_cast<Enum>(i)).empty(); ++i)
    values.insert(static_cast<Enum>(i));
  return values;
}

// `first` is the move for attempts 1 to `times`, `then` for every later one.
template <typename Kind>
struct Row {
  Kind kind;
  NextMove first;
  int times;
  NextMove then;
};

constexpr int kAlways = 20;

template <typename Kind, typename MakeEnd>
void expect_table(const std::vector<Row<Kind>>& table, MakeEnd make_end) {
  std::set<Kind> seen;
  for (const Row<Kind>& row : table) {
    seen.insert(row.kind);
    for (int attempts = 1; attempts <= kAlways; ++attempts) {
      EXPECT_EQ(next_move(make_end(row.kind), attempts),
                attempts <= row.times ? row.first : row.then)
          << to_string(row.kind) << ", attempt " << attempts;
    }
  }
  EXPECT_EQ(seen, all_values<Kind>()) << "the table leaves some out";
}

TEST(NextMoveTest, EveryKindOfFailureHasItsMove) {
  using enum NextMove;
  expect_table<FailureKind>({{FailureKind::kThrottled, kRetry, 11, kEscalate},
                             {FailureKind::kUnavailable, kRetry, 5, kEscalate},
                             {FailureKind::kUnreachable, kRetry, 4, kHaltRun},
                             {FailureKind::kCut, kRetry, 2, kEscalate},
                             {FailureKind::kTooLarge, kEscalate, kAlways, kEscalate},
                             {FailureKind::kRejected, kEscalate, kAlways, kEscalate},
                             {FailureKind::kDenied, kHaltRun, kAlways, kHaltRun},
                             {FailureKind::kSpendLimit, kHaltRun, kAlways, kHaltRun},
                             {FailureKind::kCancelled, kTryAgainLater, kAlways, kTryAgainLater},
                             {FailureKind::kExpired, kRetry, 1, kEscalate},
                             {FailureKind::kWithdrawn, kHaltRun, kAlways, kHaltRun},
                             {FailureKind::kOverbilled, kHaltRun, kAlways, kHaltRun}},
                            failed_by);
}

TEST(NextMoveTest, EveryVerdictHasItsMove) {
  using enum NextMove;
  expect_table<Verdict>({{Verdict::kNone, kEscalate, kAlways, kEscalate},
                         {Verdict::kAccepted, kEscalate, kAlways, kEscalate},
                         {Verdict::kContinue, kEscalate, kAlways, kEscalate},
                         {Verdict::kTools, kEscalate, kAlways, kEscalate},
                         {Verdict::kRefused, kEscalate, kAlways, kEscalate},
                         {Verdict::kTruncated, kRetryWithMoreOutput, 1, kEscalate},
                         {Verdict::kInvalid, kRetry, 1, kEscalate},
                         {Verdict::kWindowFull, kEscalate, kAlways, kEscalate}},
                        answered);
}

TEST(NextMoveTest, AWaitThatNobodySitsThroughHaltsTheRun) {
  CallEnded throttled = failed_by(FailureKind::kThrottled);
  throttled.retry_after = Millis::seconds(600);
  EXPECT_EQ(next_move(throttled, 1), NextMove::kRetry);
  throttled.retry_after = Millis::seconds(601);
  EXPECT_EQ(next_move(throttled, 1), NextMove::kHaltRun);
}

TEST(BackoffTest, WaitsDoubleFromTheFirstToTheMost) {
  const CallEnded end = failed_by(FailureKind::kUnavailable);
  constexpr std::uint64_t kNoJitter = 0;
  std::vector<Millis> waits;
  for (int attempts = 1; attempts <= 7; ++attempts)
    waits.push_back(backoff(end, attempts, Rules(), kNoJitter));
  EXPECT_EQ(waits, (std::vector<Millis>{Millis(500), Millis(1'000), Millis(2'000), Millis(4'000),
                                        Millis(8'000), Millis(8'000), Millis(8'000)}));
}

RC_GTEST_PROP(BackoffTest, JitterShortensAWaitByUpToAHalf, (std::uint64_t chance)) {
  const int attempts = *rc::gen::inRange(1, 100);
  const CallEnded end = failed_by(FailureKind::kUnavailable);
  const Millis whole = backoff(end, attempts, Rules(), 0);
  const Millis wait = backoff(end, attempts, Rules(), chance);
  RC_ASSERT(wait <= whole);
  RC_ASSERT(wait.count() * 2 >= whole.count());
}

RC_GTEST_PROP(BackoffTest, WhatTheProviderAskedForIsAFloorThatJitterGoesOnTopOf,
              (std::uint64_t chance)) {
  const int attempts = *rc::gen::inRange(1, 100);
  CallEnded end = failed_by(FailureKind::kThrottled);
  end.retry_after = Millis(*rc::gen::inRange(1, 600'001));
  const Millis wait = backoff(end, attempts, Rules(), chance);
  RC_ASSERT(wait >= *end.retry_after);
  RC_ASSERT(wait.count() <= end.retry_after->count() + Rules().backoff_most.count() / 4);
}

TEST(BackoffTest, AWaitOfNothingIsNoWish) {
  CallEnded end = failed_by(FailureKind::kThrottled);
  for (const int asked : {0, -5}) {
    end.retry_after = Millis(asked);
    EXPECT_EQ(backoff(end, 1, Rules(), 0), Millis(500));
  }
}

TEST(BackoffTest, SiblingsTurnedAwayTogetherDoNotComeBackTogether) {
  CallEnded end = failed_by(FailureKind::kThrottled);
  end.retry_after = Millis::seconds(3);
  std::set<Millis> waits;
  for (std::uint64_t sibling = 0; sibling < 16; ++sibling)
    waits.insert(backoff(end, 3, Rules(), sibling << 60));
  EXPECT_GE(waits.size(), 15u);
}

}  // namespace
}  // namespace baton
