#include "provider/api_reply.h"

namespace baton {

void ApiReply::head(int status, const HttpHeaders& headers, Instant now) {
  status_ = status;
  for (const auto& [name, value] : headers) {
    if (name == "request-id") request_id_ = quoted(value);
  }
  if (!succeeded()) advice_ = retry_advice(headers, now);
}

void ApiReply::feed(std::string_view bytes) {
  const std::size_t most = succeeded() ? kMaxBytes : MessagesReply::kMaxErrorBytes;
  const std::size_t room = most - std::min(most, body_.size());
  overflowed_ = overflowed_ || bytes.size() > room;
  body_ += bytes.substr(0, room);
}

CallUnknown ApiReply::unknown(std::string message, FailureKind kind) const {
  return {
      .kind = kind, .message = std::move(message), .seen = std::nullopt, .request_id = request_id_};
}

ApiReply::Outcome ApiReply::end(const TransferEnd& transfer) {
  using Kind = TransferEnd::Kind;
  if (transfer.kind == Kind::kNeverSent) {
    return CallNotBilled{.kind = FailureKind::kUnreachable,
                         .message = "the request was never sent: " + quoted(transfer.message)};
  }
  const bool cancelled = transfer.kind == Kind::kCancelled;
  if (cancelled && transfer.nothing_sent) {
    return CallNotBilled{.kind = FailureKind::kCancelled,
                         .message = "the request was cancelled before it was sent"};
  }
  if (status_ != 0 && !succeeded()) {
    CallNotBilled refused = error_reply(status_, body_, advice_);
    if (!is_proof_of_no_bill(status_, body_)) {
      return unknown(std::move(refused.message), FailureKind::kCut);
    }
    if (!request_id_.empty()) refused.request_id = request_id_;
    return refused;
  }
  if (transfer.kind != Kind::kComplete) {
    std::string message = cancelled ? "the request was cancelled" : "the answer broke off";
    if (!transfer.message.empty()) message += " (" + quoted(transfer.message) + ")";
    return unknown(std::move(message), cancelled ? FailureKind::kCancelled : FailureKind::kCut);
  }
  if (status_ == 0) return unknown("no answer came", FailureKind::kCut);
  if (overflowed_) {
    return unknown(fmt::format("the answer passes {} MiB", kMaxBytes >> 20), FailureKind::kCut);
  }
  return std::move(body_);
}

}  // namespace baton
