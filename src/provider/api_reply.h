// One answer that is read whole: not a model's, but what the API says of batches and the like.
//
//   ApiReply reply;
//   reply.head(status, headers, now); reply.feed(bytes) …; reply.end(transfer)
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "provider/error_reply.h"
#include "provider/messages.h"

namespace baton {

class ApiReply {
 public:
  // The body of a success; or the provider refused, so nothing came of the request; or nobody knows
  // what came of it.
  using Outcome = std::variant<std::string, CallNotBilled, CallUnknown>;

  void head(int status, const HttpHeaders& headers, Instant now);
  void feed(std::string_view bytes);
  Outcome end(const TransferEnd& transfer);

  static constexpr std::size_t kMaxBytes = 8u << 20;

 private:
  CallUnknown unknown(std::string message, FailureKind kind) const;
  bool succeeded() const { return status_ >= 200 && status_ < 300; }

  int status_ = 0;  // 0: no head yet
  RetryAdvice advice_;
  std::string request_id_;
  std::string body_;
  bool overflowed_ = false;
};

}  // namespace baton
