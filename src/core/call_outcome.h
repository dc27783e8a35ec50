// How one call ended, as the provider's dialect tells it. Exactly one of three, by what is known of
// the bill.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "catalog/usage.h"

namespace baton {

// A kind exists for each way of reacting.
enum class FailureKind {
  kThrottled,    // 429: wait retry_after, then the same tier again
  kUnavailable,  // 500, 503, 504, 529, overloaded: back off, then the same tier again
  kUnreachable,  // no connection was made: back off; the provider's fault or the user's network
  kCut,          // the answer broke off, came malformed or never came: it may have been billed
  kTooLarge,     // 413, or a 400 that says the prompt is too long: a tier with a larger window
  kRejected,     // 400, 404, 422: sending it again repeats the mistake
  kDenied,       // 401, 403: no call of this run will succeed
  kSpendLimit,   // 402, a spend-limit 429 or 400: nothing more may be started; never heals by
                 // retrying
  kCancelled,    // we cut it ourselves
  kExpired,      // an item of a batch that ran out of its time: not billed
  kWithdrawn,    // somebody cancelled its batch at the provider: not billed, and not wanted
  kOverbilled,   // the bill passes what was set aside: the price is not what we think it is
};

enum class StopReason {
  kEndTurn,
  kMaxTokens,
  kStopSequence,
  kToolUse,
  kPauseTurn,
  kRefusal,
  kWindowExceeded,
  kOther
};

// One call of a tool that an answer asks for.
struct ToolUse {
  std::string id;
  std::string name;
  std::string input;  // a JSON object, as the model wrote it

  bool operator==(const ToolUse&) const = default;
};

// The provider reported the usage and the answer ended: the bill is known.
struct CallSettled {
  Usage usage;
  StopReason stop = StopReason::kEndTurn;
  std::string text;        // the text blocks, joined
  std::string model;       // as the provider names it
  std::string request_id;  // the provider's, "req_…"
  // The answer's blocks as a JSON array, for sending them back in a later turn. Empty where the
  // text says it all: one text block, or none.
  std::string content{};
  std::vector<ToolUse> tool_uses{};  // complete ones only, in the order of the answer
};

// Proof that nothing was billed: it was never sent, or the provider answered with an error status.
struct CallNotBilled {
  FailureKind kind = FailureKind::kUnavailable;
  std::string message;
  int http_status = 0;  // 0: none came
  std::optional<Millis> retry_after;
  std::string request_id;
};

// It was sent, and what was billed is not known.
struct CallUnknown {
  FailureKind kind = FailureKind::kCut;
  std::string message;
  std::optional<Usage>
      seen;  // the input side, if message_start came: only the output is unknown then
  std::string request_id;
};

using CallOutcome = std::variant<CallSettled, CallNotBilled, CallUnknown>;

std::string_view to_string(FailureKind kind);  // "throttled", "unavailable", …
std::optional<FailureKind> failure_kind_from(std::string_view name);
std::string_view to_string(
    StopReason stop);  // the wire's words: "end_turn", "max_tokens", …, "other"
StopReason stop_reason_from(std::string_view name);

}  // namespace baton
