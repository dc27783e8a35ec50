#include "core/next_move.h"

#include <algorithm>

#include "base/chance.h"

namespace baton {
namespace {

constexpr Millis kLongestWait = Millis::seconds(600);

NextMove retry_up_to(int most, int attempts) {
  return attempts < most ? NextMove::kRetry : NextMove::kEscalate;
}

NextMove after_failure(FailureKind kind, int attempts) {
  switch (kind) {
    // Not billed and soon over: patience is free.
    case FailureKind::kThrottled:
      return retry_up_to(12, attempts);
    case FailureKind::kUnavailable:
      return retry_up_to(6, attempts);
    // Another tier is at the same host.
    case FailureKind::kUnreachable:
      return attempts < 5 ? NextMove::kRetry : NextMove::kHaltRun;
    // Each of these may have been billed, and its worst case is booked.
    case FailureKind::kCut:
      return retry_up_to(3, attempts);
    case FailureKind::kTooLarge:
    case FailureKind::kRejected:
      return NextMove::kEscalate;
    case FailureKind::kDenied:
    case FailureKind::kSpendLimit:
    case FailureKind::kWithdrawn:
    case FailureKind::kOverbilled:
      return NextMove::kHaltRun;
    // Nothing was billed, and what could not be done in a day can be tried for another one.
    case FailureKind::kExpired:
      return retry_up_to(2, attempts);
    case FailureKind::kCancelled:
      return NextMove::kTryAgainLater;
  }
  __builtin_unreachable();
}

}  // namespace

NextMove next_move(const CallEnded& end, int attempts) {
  // Nobody sits through this: the run pauses, and says until when.
  if (end.retry_after > kLongestWait) return NextMove::kHaltRun;
  if (end.failure) return after_failure(*end.failure, attempts);
  switch (end.verdict) {
    case Verdict::kTruncated:
      return attempts < 2 ? NextMove::kRetryWithMoreOutput : NextMove::kEscalate;
    case Verdict::kInvalid:
      return retry_up_to(2, attempts);
    case Verdict::kRefused:
    case Verdict::kWindowFull:
    case Verdict::kContinue:
    case Verdict::kTools:
    case Verdict::kNone:
    case Verdict::kAccepted:
      return NextMove::kEscalate;
  }
  __builtin_unreachable();
}

Millis backoff(const CallEnded& end, int attempts, const Rules& rules, std::uint64_t chance) {
  std::int64_t length = rules.backoff_first.count();
  for (int i = 1; i < attempts && length < rules.backoff_most.count(); ++i) length *= 2;
  length = std::min(length, rules.backoff_most.count());
  // Full waits are shortened by up to a half, so that siblings turned away together do not come
  // back together.
  length -= static_cast<std::int64_t>(static_cast<double>(length) * 0.5 * fraction(chance));
  const std::int64_t asked = end.retry_after.value_or(Millis()).count();
  // What the provider asked for is a floor, and jitter goes on top of it.
  return Millis(asked > 0 ? asked + length / 4 : length);
}

}  // namespace baton
