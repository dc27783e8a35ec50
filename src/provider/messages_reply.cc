#include <boost/json.hpp>

#include "base/json_fields.h"
#include "provider/answer_content.h"
#include "provider/error_reply.h"
#include "provider/json_reader.h"
#include "provider/messages.h"
#include "provider/sse.h"
#include "provider/wire_usage.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::string_view kJsonSpace = " \t\r\n";

bool is_known_event(std::string_view type) {
  return type == "content_block_delta" || type == "content_block_start" ||
         type == "message_start" || type == "message_delta" || type == "message_stop" ||
         type == "error";
}

std::string_view found(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

struct MessagesReply::State {
  explicit State(CacheTtl ttl) : usage(ttl) {}

  int status = 0;  // 0: no head yet
  RetryAdvice advice;
  std::string request_id;

  SseSplitter events;
  std::unique_ptr<json::stream_parser> whole;  // the answer is one JSON message, not a stream
  std::size_t whole_bytes = 0;
  std::string error_body;

  std::string text;
  AnswerContent content;
  std::string model;
  WireUsage usage;
  StopReason stop = StopReason::kOther;
  bool body_begun = false;
  bool started = false;   // message_start was good
  bool counted = false;   // a message_delta told stop reason and output
  bool finished = false;  // message_stop came

  std::string problem;  // why the answer cannot be used; what comes after it is not read
  FailureKind problem_kind = FailureKind::kCut;

  bool succeeded() const { return status >= 200 && status < 300; }
  bool closed() const { return finished || !problem.empty(); }
  void fail(std::string why, FailureKind kind = FailureKind::kCut) {
    problem = std::move(why);
    problem_kind = kind;
  }

  void read_stream(std::string_view bytes, const OnText& on_text);
  void read_whole(std::string_view bytes, const OnText& on_text);
  void on_event(std::string_view name, std::string_view data, const OnText& on_text);
  void on_message_start(const json::value* message);
  void on_message_delta(const json::value* event);
  void on_message(const json::value& message, const OnText& on_text);
  void begin_block(const json::object* block, const OnText& on_text);
  void add_text(std::string_view piece, const OnText& on_text);

  CallOutcome unknown(std::string message, FailureKind kind) const;
  CallOutcome settled();
  CallOutcome unfinished(const TransferEnd& transfer) const;
};

void MessagesReply::State::add_text(std::string_view piece, const OnText& on_text) {
  if (piece.empty()) return;
  if (text.size() + piece.size() > kMaxTextBytes) {
    return fail(fmt::format("the answer's text passes {} MiB", kMaxTextBytes >> 20));
  }
  const std::size_t begin = text.size();
  text += piece;
  // The kept copy is shown, not the event's: nothing of the event is needed once this is called.
  if (on_text) on_text(std::string_view(text).substr(begin));
}

void MessagesReply::State::begin_block(const json::object* block, const OnText& on_text) {
  if (!content.begin(block, text.size())) {
    return fail(fmt::format("the answer's blocks pass {} MiB", kMaxTextBytes >> 20));
  }
  if (text_at(block, "type") == "text") add_text(text_at(block, "text"), on_text);
}

void MessagesReply::State::read_stream(std::string_view bytes, const OnText& on_text) {
  const bool readable = events.feed(
      bytes, [&](std::string_view name, std::string_view data) { on_event(name, data, on_text); });
  if (!readable && !closed()) {
    fail(fmt::format("an event passes {} MiB", SseSplitter::kMaxEventBytes >> 20));
  }
}

void MessagesReply::State::on_event(std::string_view name, std::string_view data,
                                    const OnText& on_text) {
  if (closed()) return;
  if (name.empty() ? data == "[DONE]" : !is_known_event(name)) return;
  JsonReader& reader = json_reader();
  const json::value* event = reader.read(data);
  if (event == nullptr) {
    return fail(fmt::format("the event '{}' is not JSON ({}): {}", quoted(name), reader.error(),
                            quoted(data)));
  }
  // Some gateways leave the event's name out; its data repeats it.
  const std::string_view type = name.empty() ? text_at(event, "type") : name;
  if (type == "content_block_delta") {
    const json::object* delta = object_at(event, "delta");
    const std::string_view kind = text_at(delta, "type");
    if (kind == "text_delta") {
      add_text(text_at(delta, "text"), on_text);
    } else if (!content.add(kind, delta)) {
      fail(fmt::format("the answer's blocks pass {} MiB", kMaxTextBytes >> 20));
    }
  } else if (type == "content_block_start") {
    begin_block(object_at(event, "content_block"), on_text);
  } else if (type == "message_start") {
    on_message_start(value_at(event, "message"));
  } else if (type == "message_delta") {
    on_message_delta(event);
  } else if (type == "message_stop") {
    finished = true;
  } else if (type == "error") {
    const ApiError error = api_error(event);
    fail("the answer ended with " + words_of(error), kind_of_broken_answer(error));
  }
}

void MessagesReply::State::on_message_start(const json::value* message) {
  if (started) return fail("message_start came twice");
  if (message == nullptr) return fail("message_start holds no message");
  model = text_at(message, "model");
  if (const Status merged = usage.merge(value_at(message, "usage")); !merged) {
    return fail(merged.error().message);
  }
  started = true;
}

void MessagesReply::State::on_message_delta(const json::value* event) {
  const json::value* counts = value_at(event, "usage");
  if (const Status merged = usage.merge(counts); !merged) return fail(merged.error().message);
  const json::object* delta = object_at(event, "delta");
  if (value_at(delta, "stop_reason") != nullptr) {
    stop = stop_reason_from(text_at(delta, "stop_reason"));
  }
  counted = counted || value_at(counts, "output_tokens") != nullptr;
}

void MessagesReply::State::read_whole(std::string_view bytes, const OnText& on_text) {
  whole_bytes += bytes.size();
  if (whole_bytes > kMaxTextBytes) {
    return fail(fmt::format("the answer passes {} MiB", kMaxTextBytes >> 20));
  }
  json::error_code error;
  whole->write(bytes.data(), bytes.size(), error);
  if (error) return fail(fmt::format("the answer is not JSON ({})", error.message()));
  if (whole->done()) on_message(whole->release(), on_text);
}

void MessagesReply::State::on_message(const json::value& message, const OnText& on_text) {
  if (text_at(message, "type") == "error") {
    const ApiError error = api_error(&message);
    return fail("the answer is " + words_of(error), kind_of_broken_answer(error));
  }
  const json::array* blocks = array_at(message, "content");
  if (text_at(message, "type") != "message" || blocks == nullptr) {
    return fail("the answer is neither a stream nor a message");
  }
  on_message_start(&message);
  if (closed()) return;
  for (const json::value& block : *blocks) {
    begin_block(block.if_object(), on_text);
    if (closed()) return;
  }
  stop = stop_reason_from(text_at(message, "stop_reason"));
  counted = true;
  finished = true;
}

CallOutcome MessagesReply::State::unknown(std::string message, FailureKind kind) const {
  return CallUnknown{.kind = kind,
                     .message = std::move(message) + "; what it cost is not known",
                     .seen = started ? usage.input_side() : std::nullopt,
                     .request_id = request_id};
}

CallOutcome MessagesReply::State::settled() {
  if (!started || !counted) {
    return unknown("the answer ended without telling its usage", FailureKind::kCut);
  }
  const Result<Usage> total = usage.total();
  if (!total) return unknown(total.error().message, FailureKind::kCut);
  std::string blocks = content.to_json(text);
  return CallSettled{.usage = *total,
                     .stop = stop,
                     .text = std::move(text),
                     .model = std::move(model),
                     .request_id = std::move(request_id),
                     .content = std::move(blocks),
                     .tool_uses = content.tool_uses()};
}

CallOutcome MessagesReply::State::unfinished(const TransferEnd& transfer) const {
  const bool cancelled = transfer.kind == TransferEnd::Kind::kCancelled;
  std::string message = cancelled ? "the call was cancelled" : "the answer broke off";
  if (status == 0) {
    message += " before anything came back";
  } else if (counted) {
    message += " after its counts but before its end";
  } else {
    message += fmt::format(" after {} bytes of text", text.size());
  }
  if (!transfer.message.empty()) message += " (" + quoted(transfer.message) + ")";
  return unknown(std::move(message), cancelled ? FailureKind::kCancelled : FailureKind::kCut);
}

MessagesReply::MessagesReply(CacheTtl ttl) : state_(std::make_unique<State>(ttl)) {}
MessagesReply::~MessagesReply() = default;
MessagesReply::MessagesReply(MessagesReply&&) noexcept = default;
MessagesReply& MessagesReply::operator=(MessagesReply&&) noexcept = default;

void MessagesReply::head(int status, const HttpHeaders& headers, Instant now) {
  state_->status = status;
  state_->request_id = quoted(found(headers, "request-id"));
  if (!state_->succeeded()) state_->advice = retry_advice(headers, now);
}

void MessagesReply::feed(std::string_view bytes, const OnText& on_text) {
  State& state = *state_;
  if (!state.succeeded()) {
    const std::size_t room = kMaxErrorBytes - state.error_body.size();
    state.error_body += bytes.substr(0, room);
    return;
  }
  if (state.closed()) return;
  if (!state.body_begun) {
    const std::size_t begin = bytes.find_first_not_of(kJsonSpace);
    if (begin == bytes.npos) return;
    state.body_begun = true;
    if (bytes[begin] == '{') state.whole = std::make_unique<json::stream_parser>();
  }
  if (state.whole) {
    state.read_whole(bytes, on_text);
  } else {
    state.read_stream(bytes, on_text);
  }
}

bool MessagesReply::begun() const {
  return state_->started;
}

bool MessagesReply::broken() const {
  return !state_->problem.empty();
}

CallOutcome MessagesReply::end(const TransferEnd& transfer) {
  State& state = *state_;
  if (transfer.kind == TransferEnd::Kind::kNeverSent) {
    return CallNotBilled{.kind = FailureKind::kUnreachable,
                         .message = "the request was never sent: " + quoted(transfer.message)};
  }
  if (transfer.kind == TransferEnd::Kind::kCancelled && transfer.nothing_sent) {
    return CallNotBilled{.kind = FailureKind::kCancelled,
                         .message = "the call was cancelled before it was sent"};
  }
  if (state.status != 0 && !state.succeeded()) {
    CallNotBilled reply = error_reply(state.status, state.error_body, state.advice);
    if (!is_proof_of_no_bill(state.status, state.error_body)) {
      return state.unknown(std::move(reply.message), FailureKind::kCut);
    }
    if (!state.request_id.empty()) reply.request_id = state.request_id;
    return reply;
  }
  if (!state.problem.empty()) return state.unknown(state.problem, state.problem_kind);
  if (state.finished) return state.settled();
  return state.unfinished(transfer);
}

}  // namespace baton
