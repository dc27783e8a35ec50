// What an answer with an error status means: which kind of failure, and when to come back. An error
// status is the provider's word that nothing was billed.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/call_outcome.h"
#include "provider/messages.h"

namespace baton {

// What the response head says about coming back.
struct RetryAdvice {
  std::optional<Millis> retry_after;
  bool do_not_retry = false;  // x-should-retry: false
};

// From retry-after-ms, or retry-after as seconds or as an HTTP date; what is not one is ignored.
RetryAdvice retry_advice(const HttpHeaders& headers, Instant now);

// The "error" object of an API answer or event: its type, its words (safe to show, shortened), its
// code. All empty where the body is not one.
struct ApiError {
  std::string type;
  std::string message;
  std::string code;  // details.error_code
  std::string request_id;
};
ApiError api_error(const boost::json::value* body);

// Whether this error means that nothing was billed. A gateway in between may give up (500, 502,
// 504) on a call that the provider goes on with, and bills; the provider's own errors come in the
// API's form.
bool is_proof_of_no_bill(int status, std::string_view body);

// Requires: `status` is not one of success.
CallNotBilled error_reply(int status, std::string_view body, const RetryAdvice& advice);

// The kind of an error that came without a status of its own: an item's, of a batch. Nothing was
// billed.
FailureKind kind_of_item_error(const ApiError& error);

// The kind of an error event in an answer that had begun: it may have been billed.
FailureKind kind_of_broken_answer(const ApiError& error);

// "rate_limit_error: slow down", for a message.
std::string words_of(const ApiError& error);

// Bytes a server sent, made safe to show and short enough for a message.
std::string quoted(std::string_view bytes);

}  // namespace baton
