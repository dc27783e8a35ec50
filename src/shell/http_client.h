// HttpClient: many HTTP/1.1 requests at once on one thread. A plain interface, so that the driver
// can be run against a seeded world as well as against sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "provider/messages.h"  // HttpHeaders, TransferEnd

namespace baton {

struct HttpRequest {
  enum class Method { kPost, kGet };

  Method method = Method::kPost;
  std::string url;
  std::vector<std::string> headers;  // "name: value"
  std::string body;                  // of a POST; freed as soon as it has been sent
};

// Called on the loop's thread, never from inside start(). on_end comes exactly once, last.
struct HttpHandlers {
  std::function<void(int status, const HttpHeaders& headers)> on_head;
  std::function<void(std::string_view bytes)> on_body;
  std::function<void(const TransferEnd& end)> on_end;
};

using TransferId = std::uint64_t;

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual TransferId start(HttpRequest request, HttpHandlers handlers) = 0;
  // on_end(kCancelled) follows from the loop; nothing happens if the transfer has ended.
  virtual void cancel(TransferId transfer) = 0;
};

}  // namespace baton
