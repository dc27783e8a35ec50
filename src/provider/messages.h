// The Anthropic Messages API, as bytes in and out: no sockets, no clock. Facts: the Messages API
// reference, sections 2 (request), 7 and 8 (answer and stream), 9 (errors).
//
//   body = messages_body(request)          … sent by the shell, headers from messages_headers()
//   MessagesReply reply;                   one per call
//   reply.head(status, headers)            once, when the response head is there
//   reply.feed(bytes, on_text)             as they come, cut anywhere
//   outcome = reply.end(transfer)          once: what is known of answer and bill
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/tokens.h"
#include "core/call_outcome.h"
#include "prompt/prompt.h"

namespace baton {

struct ModelRequest {
  std::string model;
  Tokens max_output;
  Prompt prompt;
  std::string effort;  // "low" … "max"; empty: the model's default, and the field is not sent
};

// The body of POST /v1/messages with "stream": true. The same request gives the same bytes.
std::string messages_body(const ModelRequest& request);

// An upper bound of the prompt tokens a body can be billed for: no tokenizer makes two tokens of
// one byte, and what the provider adds of its own (schema preamble, role markers) is bounded by the
// allowance.
Tokens input_bound(std::string_view body);

// How the transfer itself ended, as the HTTP client tells it.
struct TransferEnd {
  enum class Kind {
    kComplete,   // the whole response came
    kNeverSent,  // no byte of the request left: no connection, a failed TLS handshake
    kBroken,     // it broke off or timed out after the request may have been seen
    kCancelled,  // we cut it
  };
  Kind kind = Kind::kComplete;
  std::string message;  // the client's own words
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

class MessagesReply {
 public:
  using OnText = std::function<void(std::string_view)>;  // each piece of answer text, as it comes

  MessagesReply();
  ~MessagesReply();
  MessagesReply(MessagesReply&&) noexcept;
  MessagesReply& operator=(MessagesReply&&) noexcept;

  // `now` only turns a retry-after date into a length of time.
  void head(int status, const HttpHeaders& headers, Instant now);
  void feed(std::string_view bytes, const OnText& on_text);
  CallOutcome end(const TransferEnd& transfer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baton
