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

#include "mock_api/batches.h"
#include "mock_api/event_stream.h"
#include "mock_api/http_request.h"
#include "mock_api/options.h"
#include "mock_api/prompt_cache.h"
#include "mock_api/rate_limiter.h"
#include "mock_api/request_log.h"
#include "mock_api/script.h"

namespace baton::mock_api {

// A call in flight, from its request to its entry in the bill.
struct Call {
  std::size_t record = 0;  // its place in the log, counted from 1; 0: it is in none
  std::string message_id;
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
  bool unsaid = false;    // close the connection without a byte
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
  const ScriptedAnswer* scripted_for(ScriptQuery query, const boost::json::object& body);

  // service_batches.cc
  Reply route_batches(const HttpRequest& request, std::string_view rest, std::string_view query,
                      Instant now);
  Reply create_batch(const HttpRequest& request, Instant now);
  Reply list_batches(const HttpRequest& request, std::string_view query);
  Reply one_batch(const HttpRequest& request, std::string_view id, std::string_view action,
                  Instant now);
  void process(const Batch& batch, std::size_t index, BatchItem& item, Instant now);
  std::optional<ApiError> answer_item(const Batch& batch, BatchItem& item, RequestRecord& record,
                                      Instant now);

  std::optional<ApiError> refusal_by_spend_limit() const;
  std::optional<ApiError> refusal_by_limits(const Model& model, std::int64_t input_tokens,
                                            Instant now);
  Delivery delivery_of(const ScriptedAnswer* scripted, bool is_plan, std::int64_t ordinal) const;
  Reply failed(const ApiError& error);
  Reply json(std::string body);
  const std::string& ensure_request_id(Reply& reply);
  std::string next_id(std::string_view prefix);
  RequestRecord* record_at(std::size_t place);  // from 1; null if nothing is recorded
  void reset();

  Options options_;
  Script script_;
  Meter meter_;
  PromptCache cache_;
  RateLimiter limiter_;
  Batches batches_;
  int refused_creates_ = 0;
  int cut_creates_ = 0;
  std::vector<RequestRecord> records_;
  std::int64_t requests_ = 0;
  std::uint64_t ids_ = 0;
};

}  // namespace baton::mock_api
