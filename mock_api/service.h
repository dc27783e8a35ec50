// The stand-in without its sockets: requests in, replies out, time given by the caller.
//
//   reply = service.handle(request, now)
//   wait reply.delay;  reply.call: service.began(call, now)        the response begins
//   reply.stream: send its pieces, then …                          or reply.body at once
//   reply.call: service.ended(call, delivered, now)                before the last byte is sent
//
// A reply without a call (errors, model lists, counts) is just sent. One thread.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mock_api/event_stream.h"
#include "mock_api/options.h"
#include "mock_api/prompt_cache.h"
#include "mock_api/rate_limiter.h"
#include "mock_api/request_log.h"
#include "mock_api/script.h"

namespace baton::mock_api {

struct HttpRequest {
  std::string_view method;
  std::string_view target;  // with its query
  std::string_view body;
  std::string_view api_key;        // x-api-key
  std::string_view authorization;  // "Bearer …"
  std::string_view version;        // anthropic-version
  std::string_view betas;          // anthropic-beta
  std::string_view workspace;      // anthropic-workspace-id
  std::string_view content_encoding;
  std::string_view retry_count;  // x-stainless-retry-count
};

// A call in flight, from its request to its entry in the bill.
struct Call {
  std::int64_t ordinal = 0;
  const Model* model = nullptr;
  PromptCache::Plan plan;
  Usage usage;  // with the whole answer's output
  Surcharges surcharges;
  Instant started;
  bool ended = false;
};

struct Reply {
  int status = 200;
  Headers headers;  // without those of the transfer itself
  std::string body;
  Millis delay;
  bool cut_body = false;  // send half of the body, then close the connection
  std::unique_ptr<EventStream> stream;
  std::unique_ptr<Call> call;
};

class Service {
 public:
  Service(Options options, Script script);

  Reply handle(const HttpRequest& request, Instant now);
  // A request the server itself refused: too large, or no HTTP.
  Reply refused(const ApiError& error);

  void began(Call& call, Instant now);
  // `text_sent`: the bytes of a stream's text that were sent, if not all were. Bills the call once.
  void ended(Call& call, std::optional<std::size_t> text_sent, Instant now);

  const Meter& meter() const { return meter_; }

 private:
  Reply route(const HttpRequest& request, Instant now);
  Reply create_message(const HttpRequest& request, Instant now);
  Reply answer(const boost::json::object& body, const Model& model, const HttpRequest& request,
               Instant now);
  Reply count_tokens(const HttpRequest& request);
  std::optional<ApiError> refusal_of_key(const HttpRequest& request) const;
  std::optional<ApiError> refusal_by_limits(const Model& model, std::int64_t input_tokens,
                                            Instant now);
  Delivery delivery_of(const ScriptedAnswer* scripted, bool is_plan, std::int64_t ordinal) const;
  Reply failed(const ApiError& error);
  Reply json(std::string body);
  const std::string& ensure_request_id(Reply& reply);
  std::string next_id(std::string_view prefix);
  RequestRecord* record_of(std::int64_t ordinal);
  void reset();

  Options options_;
  Script script_;
  Meter meter_;
  PromptCache cache_;
  RateLimiter limiter_;
  std::vector<RequestRecord> records_;
  std::int64_t requests_ = 0;
  std::uint64_t ids_ = 0;
};

}  // namespace baton::mock_api
