#include "core/call_outcome.h"

#include "base/words.h"

namespace baton {

std::string_view to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::kThrottled:
      return "throttled";
    case FailureKind::kUnavailable:
      return "unavailable";
    case FailureKind::kUnreachable:
      return "unreachable";
    case FailureKind::kCut:
      return "cut";
    case FailureKind::kTooLarge:
      return "too_large";
    case FailureKind::kRejected:
      return "rejected";
    case FailureKind::kDenied:
      return "denied";
    case FailureKind::kSpendLimit:
      return "spend_limit";
    case FailureKind::kCancelled:
      return "cancelled";
    case FailureKind::kExpired:
      return "expired";
    case FailureKind::kWithdrawn:
      return "withdrawn";
    case FailureKind::kOverbilled:
      return "overbilled";
  }
  return {};
}

std::optional<FailureKind> failure_kind_from(std::string_view name) {
  return value_named<FailureKind>(name);
}

std::string_view to_string(StopReason stop) {
  switch (stop) {
    case StopReason::kEndTurn:
      return "end_turn";
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kStopSequence:
      return "stop_sequence";
    case StopReason::kToolUse:
      return "tool_use";
    case StopReason::kPauseTurn:
      return "pause_turn";
    case StopReason::kRefusal:
      return "refusal";
    case StopReason::kWindowExceeded:
      return "model_context_window_exceeded";
    case StopReason::kOther:
      return "other";
  }
  return {};
}

StopReason stop_reason_from(std::string_view name) {
  return value_named<StopReason>(name).value_or(StopReason::kOther);
}

}  // namespace baton
