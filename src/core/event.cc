#include "core/event.h"

#include "base/words.h"

namespace baton {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNone:
      return "none";
    case Verdict::kAccepted:
      return "accepted";
    case Verdict::kContinue:
      return "continue";
    case Verdict::kTools:
      return "tools";
    case Verdict::kRefused:
      return "refused";
    case Verdict::kTruncated:
      return "truncated";
    case Verdict::kInvalid:
      return "invalid";
    case Verdict::kWindowFull:
      return "window_full";
  }
  return {};
}

std::optional<Verdict> verdict_from(std::string_view name) {
  return value_named<Verdict>(name);
}

std::string_view to_string(BillState state) {
  switch (state) {
    case BillState::kSettled:
      return "settled";
    case BillState::kNotBilled:
      return "not_billed";
    case BillState::kUnknown:
      return "unknown";
  }
  return {};
}

std::optional<BillState> bill_state_from(std::string_view name) {
  return value_named<BillState>(name);
}

std::string_view to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::kFailed:
      return "failed";
    case SkipReason::kBudget:
      return "budget";
    case SkipReason::kNoPrice:
      return "no_price";
    case SkipReason::kTooLarge:
      return "too_large";
    case SkipReason::kProvider:
      return "provider";
    case SkipReason::kLimit:
      return "limit";
    case SkipReason::kNeeded:
      return "needed";
    case SkipReason::kDeclined:
      return "declined";
  }
  return {};
}

std::optional<SkipReason> skip_reason_from(std::string_view name) {
  return value_named<SkipReason>(name);
}

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kPaused:
      return "paused";
    case RunStatus::kComplete:
      return "complete";
    case RunStatus::kPartial:
      return "partial";
    case RunStatus::kBudgetExhausted:
      return "budget_exhausted";
    case RunStatus::kFailed:
      return "failed";
  }
  return {};
}

std::optional<RunStatus> run_status_from(std::string_view name) {
  return value_named<RunStatus>(name);
}

Instant at_of(const Event& event) {
  return std::visit([](const auto& e) { return e.at; }, event);
}

}  // namespace baton
