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

  bool operator==(const ModelRequest&) const = default;
};

// How a request travels: by itself and answered as a stream, or as one item of a batch.
enum class Delivery { kStream, kBatch };

// The body of POST /v1/messages, or the "params" of a batch's item. The same request gives the same
// bytes: keys stand in one order, and what makes a cached prefix comes first. Text that is not
// UTF-8 is made so; empty blocks are left out, their mark moves to the block before.
//
// The provider takes four breakpoints. Where more are marked, up to two of the turns' (the last
// ones) and the last of the shared part (what siblings read) stay, then the first shared ones.
//
// Requires: tools, turns and schema are JSON and hold no cache_control of their own.
std::string messages_body(const ModelRequest& request, Delivery delivery = Delivery::kStream);

// What a request shares with its siblings: all up to the last breakpoint that is not for the
// request's own later turns.
struct SharedPrefix {
  std::string key;  // the same for requests that read each other's cache entry; empty: none
  Tokens estimate;

  bool operator==(const SharedPrefix&) const = default;
};
SharedPrefix prefix_of(const ModelRequest& request, int tokenizer_percent = 100);

// The blocks of an answer as PromptTurn::answer wants them.
std::string answer_blocks(const CallSettled& answer);

// The tool calls in such blocks, in their order; none if they are not of that form.
std::vector<ToolUse> tool_uses_in(std::string_view blocks);

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
  std::string message;        // the client's own words
  bool nothing_sent = false;  // with kCancelled: cut before a byte of the request had left
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// What is taken as an answer's end: the message_stop event (or one whole JSON message, from a
// gateway that ignores "stream"). An answer that breaks off one event earlier leaves its bill
// unknown, even though its usage was already told: the counts are cumulative and might have grown.
class MessagesReply {
 public:
  using OnText = std::function<void(std::string_view)>;  // each piece of answer text, as it comes

  // `ttl` is what the request marked its prefix with: a gateway may tell its cache writes without
  // it.
  explicit MessagesReply(CacheTtl ttl = CacheTtl::k5Minutes);
  ~MessagesReply();
  MessagesReply(MessagesReply&&) noexcept;
  MessagesReply& operator=(MessagesReply&&) noexcept;

  // `now` only turns a retry-after date into a length of time.
  void head(int status, const HttpHeaders& headers, Instant now);
  // Text that `on_text` was given is kept too, for CallSettled; bounded at kMaxTextBytes.
  void feed(std::string_view bytes, const OnText& on_text);
  // Whether the answer has begun: what it writes to the cache can be read from now on.
  bool begun() const;
  // Whether the answer can no longer be used, whatever still comes.
  bool broken() const;
  CallOutcome end(const TransferEnd& transfer);

  static constexpr std::size_t kMaxTextBytes = 16u << 20;  // and as much for all other blocks
  static constexpr std::size_t kMaxErrorBytes = 64u << 10;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baton
