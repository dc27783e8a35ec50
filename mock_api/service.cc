#include "mock_api/service.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "base/chance.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "mock_api/answer_maker.h"
#include "mock_api/faults.h"
#include "mock_api/models_endpoint.h"
#include "mock_api/request_checks.h"
#include "mock_api/respond.h"
#include "mock_api/tokenizer.h"
#include "mock_api/validate.h"

namespace baton::mock_api {

namespace json = boost::json;

Service::Service(Options options, Script script)
    : options_(std::move(options)),
      script_(std::move(script)),
      limiter_(options_.limits),
      batches_(options_.batches, options_.seed) {}

std::string Service::next_id(std::string_view prefix) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::string id(prefix);
  id += "01";
  std::uint64_t bits = 0;
  for (int i = 0; i < 22; ++i) {
    if (i % 10 == 0) bits = mix(options_.seed, ++ids_);
    id += kDigits[bits % kDigits.size()];
    bits /= kDigits.size();
  }
  return id;
}

RequestRecord* Service::record_at(std::size_t place) {
  return place == 0 || place > records_.size() ? nullptr : &records_[place - 1];
}

void Service::reset() {
  meter_ = Meter();
  cache_.clear();
  limiter_ = RateLimiter(options_.limits);
  batches_.clear();
  refused_creates_ = cut_creates_ = 0;
  records_.clear();
  requests_ = 0;
}

const std::string& Service::ensure_request_id(Reply& reply) {
  for (const auto& [name, value] : reply.headers) {
    if (name == "request-id") return value;
  }
  return reply.headers.emplace_back("request-id", next_id("req_")).second;
}

Reply Service::json(std::string body) {
  Reply reply;
  reply.headers = {{"content-type", "application/json"}};
  reply.body = std::move(body);
  return reply;
}

Reply Service::failed(const ApiError& error) {
  const std::string id = next_id("req_");
  Reply reply = json(error_body(error, id));
  reply.status = error.status;
  reply.headers.emplace_back("request-id", id);
  if (error.retry_after) {
    reply.headers.emplace_back("retry-after", fmt::to_string(*error.retry_after));
  }
  return reply;
}

Reply Service::refused(const ApiError& error) {
  return failed(error);
}

Reply Service::handle(const HttpRequest& request, Instant now) {
  batches_.advance(now, [this](const Batch& batch, std::size_t index, BatchItem& item, Instant at) {
    process(batch, index, item, at);
  });
  Reply reply = route(request, now);
  reply.headers.emplace_back("anthropic-organization-id", "00000000-0000-4000-8000-000000000001");
  ensure_request_id(reply);
  return reply;
}

Reply Service::route(const HttpRequest& request, Instant now) {
  const std::size_t mark = request.target.find('?');
  const std::string_view path = request.target.substr(0, mark);
  const std::string_view query =
      mark == request.target.npos ? std::string_view() : request.target.substr(mark + 1);
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";

  if (get && path == "/__bill") return json(meter_.to_json());
  if (get && path == "/__requests") return json(requests_json(records_));
  if (get && path == "/__batches") return json(batches_.to_json());
  if (get && path == "/__limits") return json(limiter_.to_json());
  if (post && path == "/__reset") {
    reset();
    return json("{}");
  }
  if (post && path == "/v1/messages") return create_message(request, now);

  if (std::optional<ApiError> wrong = refusal_of_key(request, options_.key)) {
    return failed(*wrong);
  }
  if (post && path == "/v1/messages/count_tokens") return count_tokens(request);
  constexpr std::string_view kBatches = "/v1/messages/batches";
  if (path == kBatches || (path.starts_with(kBatches) && path[kBatches.size()] == '/')) {
    return route_batches(request, path.substr(kBatches.size()), query, now);
  }
  constexpr std::string_view kModel = "/v1/models/";
  if (get && (path == "/v1/models" || path.starts_with(kModel))) {
    const auto found =
        path == "/v1/models" ? list_models(query) : show_model(path.substr(kModel.size()));
    if (const ApiError* error = std::get_if<ApiError>(&found)) return failed(*error);
    return json(std::get<std::string>(found));
  }
  return failed({.status = 404, .type = "not_found_error", .message = "Not found"});
}

Reply Service::count_tokens(const HttpRequest& request) {
  if (std::optional<ApiError> wrong = refusal_of_headers(request)) return failed(*wrong);
  const auto parsed = parse_body(request);
  if (const ApiError* wrong = std::get_if<ApiError>(&parsed)) return failed(*wrong);
  const json::object& body = std::get<json::object>(parsed);
  if (std::optional<ApiError> wrong = refusal(body, Endpoint::kCountTokens, request.version)) {
    return failed(*wrong);
  }
  const Model& model = *find_model(text_at(body, "model"));
  const PromptLayout prompt = lay_out(body, model, request.workspace, options_.tool_prompt);
  return json(fmt::format(R"({{"input_tokens":{}}})", prompt.tokens));
}

Reply Service::create_message(const HttpRequest& request, Instant now) {
  const std::int64_t ordinal = ++requests_;
  std::size_t place = 0;
  if (options_.record) {
    RequestRecord record{.ordinal = ordinal, .started = now};
    record.body_sha256 = sha256_hex(request.body);
    std::from_chars(request.retry_count.data(),
                    request.retry_count.data() + request.retry_count.size(), record.retry_count);
    records_.push_back(std::move(record));
    place = records_.size();
  }

  const Model* model = nullptr;
  const auto attempt = [&]() -> Reply {
    if (auto wrong = refusal_of_key(request, options_.key)) return failed(*wrong);
    if (auto wrong = refusal_of_headers(request)) return failed(*wrong);
    const auto parsed = parse_body(request);
    if (const ApiError* wrong = std::get_if<ApiError>(&parsed)) return failed(*wrong);
    const json::object& body = std::get<json::object>(parsed);
    const std::string_view name = text_at(body, "model");
    model = find_model(name);
    if (RequestRecord* record = record_at(place)) {
      record->model = name;
      record->streamed = bool_at(body, "stream").value_or(false);
    }
    if (std::optional<ApiError> wrong = refusal(body, Endpoint::kMessages, request.version)) {
      return failed(*wrong);
    }
    return answer(body, *model, request, now);
  };
  Reply reply = attempt();
  if (model != nullptr) {
    for (auto& header : limiter_.headers(model->rate_class, now)) {
      reply.headers.push_back(std::move(header));
    }
  }
  const std::string& request_id = ensure_request_id(reply);
  meter_.count_request(model);
  if (reply.call) reply.call->record = place;
  if (RequestRecord* record = record_at(place)) {
    record->request_id = request_id;
    record->status = reply.status;
    if (!reply.call) record->ended = now;
    if (reply.call) record->message_id = reply.call->message_id;
  }
  return reply;
}

std::optional<ApiError> Service::refusal_by_spend_limit() const {
  if (!options_.spend_limit || meter_.total() < *options_.spend_limit) return std::nullopt;
  ApiError error = plain_error(429);
  error.message = "You have reached your specified API usage limits.";
  error.code = "enforced_spend_limit_reached";
  return error;
}

std::optional<ApiError> Service::refusal_by_limits(const Model& model, std::int64_t input_tokens,
                                                   Instant now) {
  if (auto wrong = refusal_by_spend_limit()) return wrong;
  const std::optional<int> wait = limiter_.admit(model.rate_class, input_tokens, now);
  if (!wait) return std::nullopt;
  ApiError error = plain_error(429);
  error.retry_after = *wait;
  return error;
}

Delivery Service::delivery_of(const ScriptedAnswer* scripted, bool is_plan,
                              std::int64_t ordinal) const {
  Delivery delivery;
  delivery.deltas = options_.deltas;
  delivery.break_at = break_point(options_.seed, ordinal);
  if (!options_.instant) {
    delivery.latency = latency_of(options_, ordinal);
    delivery.stream_length =
        is_plan && options_.plan_length ? *options_.plan_length : options_.stream_length;
  }
  switch (fault_of(options_.faults, options_.seed, ordinal)) {
    case Fault::kCut:
      delivery.breaks = Delivery::Break::kCut;
      break;
    case Fault::kOverloaded:
      delivery.breaks = Delivery::Break::kErrorEvent;
      break;
    case Fault::kMalformed:
      delivery.breaks = Delivery::Break::kMalformed;
      break;
    case Fault::kLate:
      delivery.latency = delivery.latency + options_.late;
      break;
    case Fault::kNone:
    case Fault::k429:
    case Fault::k500:
    case Fault::k529:
      break;
  }
  if (scripted == nullptr) return delivery;
  if (scripted->latency) delivery.latency = *scripted->latency;
  if (scripted->stream_length) delivery.stream_length = *scripted->stream_length;
  if (scripted->deltas > 0) delivery.deltas = scripted->deltas;
  if (scripted->breaks != Delivery::Break::kNone) delivery.breaks = scripted->breaks;
  if (scripted->break_at) delivery.break_at = *scripted->break_at;
  if (!scripted->event_error_type.empty()) delivery.event_error_type = scripted->event_error_type;
  return delivery;
}

namespace {

std::optional<ApiError> injected_error(Fault fault) {
  switch (fault) {
    case Fault::k429: {
      ApiError error = plain_error(429);
      error.retry_after = 1;
      return error;
    }
    case Fault::k500:
      return plain_error(500);
    case Fault::k529:
      return plain_error(529);
    case Fault::kNone:
    case Fault::kCut:
    case Fault::kOverloaded:
    case Fault::kMalformed:
    case Fault::kLate:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

const ScriptedAnswer* Service::scripted_for(ScriptQuery query, const json::object& body) {
  if (script_.empty()) return nullptr;
  const std::string text = background_of(body) + question_of(body);
  query.prompt = text;
  query.tool_results = tool_results_in(body);
  return script_.next(query);
}

Reply Service::answer(const json::object& body, const Model& model, const HttpRequest& request,
                      Instant now) {
  const std::int64_t ordinal = requests_;
  const PromptLayout prompt = lay_out(body, model, request.workspace, options_.tool_prompt);
  if (std::optional<ApiError> wrong = too_long(model, prompt.tokens)) return failed(*wrong);

  const ScriptedAnswer* scripted = scripted_for(
      {.model = model.id, .request = ordinal, .streamed = bool_at(body, "stream").value_or(false)},
      body);
  if (scripted != nullptr && scripted->error) {
    Reply reply = failed(*scripted->error);
    reply.delay = scripted->latency.value_or(Millis(0));
    return reply;
  }
  if (std::optional<ApiError> error =
          injected_error(fault_of(options_.faults, options_.seed, ordinal))) {
    return failed(*error);
  }

  PromptCache::Plan plan = cache_.look_up(prompt, model, now);
  if (std::optional<ApiError> error =
          refusal_by_limits(model, plan.usage.prompt() - plan.usage.read, now)) {
    return failed(*error);
  }

  cache_.accepted(plan, now);

  Response response =
      respond({.body = body,
               .model = model,
               .scripted = scripted,
               .seed = mix(options_.seed, std::hash<std::string_view>{}(request.body))},
              plan.usage, options_);
  MessageHead& head = response.head;
  Answer& said = response.said;
  head.id = next_id("msg_");
  head.tool_id = next_id("toolu_");

  Reply reply;
  reply.call = std::make_unique<Call>(Call{
      .message_id = head.id,
      .model = &model,
      .plan = std::move(plan),
      .usage = head.usage,
      .surcharges = {.us_geography = head.us_geography, .fast = head.fast},
      .started = now,
  });
  const Delivery delivery = delivery_of(scripted, said.is_plan, ordinal);
  reply.delay = delivery.latency;
  if (bool_at(body, "stream").value_or(false)) {
    reply.headers.emplace_back("content-type", "text/event-stream; charset=utf-8");
    reply.headers.emplace_back("cache-control", "no-cache");
    reply.stream = std::make_unique<EventStream>(std::move(head), std::move(said), delivery);
    return reply;
  }
  // A plain response comes when the whole answer is there.
  reply.delay = reply.delay + delivery.stream_length;
  reply.headers.emplace_back("content-type", "application/json");
  reply.body = message_json(head, said);
  if (delivery.breaks == Delivery::Break::kMalformed) reply.body.resize(reply.body.size() / 2);
  if (delivery.breaks == Delivery::Break::kCut) reply.cut_body = true;
  if (delivery.breaks == Delivery::Break::kErrorEvent) {
    // There is no middle of a plain response for it to come in.
    return failed(plain_error(529));
  }
  return reply;
}

void Service::began(Call& call, Instant now) {
  (void)now;
  cache_.response_began(call.plan, call.started);
}

void Service::ended(Call& call, std::optional<std::size_t> text_sent, Instant now) {
  if (call.ended) return;
  call.ended = true;
  const bool cut = text_sent.has_value();
  if (cut) {
    call.usage.output =
        std::min(call.usage.output, call.usage.thinking + tokens_in(*call.model, *text_sent));
  }
  const Money amount = charge_for(*call.model, call.usage, call.surcharges, date_of(now));
  meter_.book(*call.model, call.usage, amount);
  limiter_.produced(call.model->rate_class, call.usage.output, now);
  if (RequestRecord* record = record_at(call.record)) {
    record->charge = amount;
    record->usage = call.usage;
    record->ended = now;
    record->cut = cut;
  }
}

}  // namespace baton::mock_api
