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
#include "mock_api/tokenizer.h"
#include "mock_api/validate.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxJsonDepth = 256;
constexpr std::int64_t kThinkingTokens = 16;  // what a model that thinks spends on it here

struct Parsed {
  json::value value;
  std::optional<ApiError> error;
};

Parsed parse_body(const HttpRequest& request) {
  Parsed parsed;
  if (!request.content_encoding.empty() && request.content_encoding != "identity") {
    parsed.error = invalid("The request body's encoding is not supported.");
    parsed.error->code = "request_body_encoding_unsupported";
    return parsed;
  }
  json::error_code failed;
  parsed.value = json::parse({request.body.data(), request.body.size()}, failed, {},
                             {.max_depth = kMaxJsonDepth});
  if (failed) {
    parsed.error = invalid(fmt::format("The request body is not valid JSON: {}", failed.message()));
  } else if (!parsed.value.is_object()) {
    parsed.error = invalid("The request body must be a JSON object");
  }
  return parsed;
}

std::optional<ApiError> refusal_of_headers(const HttpRequest& request) {
  if (request.version.empty()) return invalid("anthropic-version: header is required");
  if (request.version != "2023-06-01" && request.version != "2026-10-21") {
    return invalid(
        fmt::format("anthropic-version: \"{}\" is not a valid version", request.version));
  }
  // Real names end in a date; which of them are in force changes too often to be listed here.
  for (std::string_view rest = request.betas; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const bool dated = name.size() > 11 && name[name.size() - 11] == '-' &&
                       name.find_last_not_of("0123456789-") == name.size() - 12;
    if (!dated) {
      return invalid(
          fmt::format("Unexpected value(s) `{}` for the `anthropic-beta` header.", name));
    }
  }
  return std::nullopt;
}

}  // namespace

Service::Service(Options options, Script script)
    : options_(std::move(options)), script_(std::move(script)), limiter_(options_.limits) {}

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

RequestRecord* Service::record_of(std::int64_t ordinal) {
  const auto index = static_cast<std::size_t>(ordinal - 1);
  return options_.record && index < records_.size() ? &records_[index] : nullptr;
}

void Service::reset() {
  meter_ = Meter();
  cache_.clear();
  limiter_ = RateLimiter(options_.limits);
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
  if (post && path == "/__reset") {
    reset();
    return json("{}");
  }
  if (post && path == "/v1/messages") return create_message(request, now);

  if (std::optional<ApiError> wrong = refusal_of_key(request)) return failed(*wrong);
  if (post && path == "/v1/messages/count_tokens") return count_tokens(request);
  constexpr std::string_view kModel = "/v1/models/";
  if (get && (path == "/v1/models" || path.starts_with(kModel))) {
    const auto found =
        path == "/v1/models" ? list_models(query) : show_model(path.substr(kModel.size()));
    if (const ApiError* error = std::get_if<ApiError>(&found)) return failed(*error);
    return json(std::get<std::string>(found));
  }
  return failed({.status = 404, .type = "not_found_error", .message = "Not found"});
}

std::optional<ApiError> Service::refusal_of_key(const HttpRequest& request) const {
  std::string_view key = request.api_key;
  constexpr std::string_view kBearer = "Bearer ";
  if (key.empty() && request.authorization.starts_with(kBearer)) {
    key = request.authorization.substr(kBearer.size());
  }
  if (!key.empty() && (options_.key.empty() || key == options_.key)) return std::nullopt;
  return ApiError{.status = 401,
                  .type = "authentication_error",
                  .message = key.empty() ? "x-api-key header is required" : "invalid x-api-key"};
}

Reply Service::count_tokens(const HttpRequest& request) {
  if (std::optional<ApiError> wrong = refusal_of_headers(request)) return failed(*wrong);
  const Parsed parsed = parse_body(request);
  if (parsed.error) return failed(*parsed.error);
  const json::object& body = parsed.value.get_object();
  if (std::optional<ApiError> wrong = refusal(body, Endpoint::kCountTokens, request.version)) {
    return failed(*wrong);
  }
  const Model& model = *find_model(text_at(body, "model"));
  const PromptLayout prompt = lay_out(body, model, request.workspace);
  return json(fmt::format(R"({{"input_tokens":{}}})", prompt.tokens));
}

Reply Service::create_message(const HttpRequest& request, Instant now) {
  const std::int64_t ordinal = ++requests_;
  if (options_.record) {
    RequestRecord record{.ordinal = ordinal, .started = now};
    record.body_sha256 = sha256_hex(request.body);
    std::from_chars(request.retry_count.data(),
                    request.retry_count.data() + request.retry_count.size(), record.retry_count);
    records_.push_back(std::move(record));
  }

  const Model* model = nullptr;
  const auto attempt = [&]() -> Reply {
    if (std::optional<ApiError> wrong = refusal_of_key(request)) return failed(*wrong);
    if (std::optional<ApiError> wrong = refusal_of_headers(request)) return failed(*wrong);
    const Parsed parsed = parse_body(request);
    if (parsed.error) return failed(*parsed.error);
    const json::object& body = parsed.value.get_object();
    const std::string_view name = text_at(body, "model");
    model = find_model(name);
    if (RequestRecord* record = record_of(ordinal)) {
      record->model = name;
      record->streamed = bool_at(body, "stream").value_or(false);
    }
    if (std::optional<ApiError> wrong = refusal(body, Endpoint::kMessages, request.version)) {
      return failed(*wrong);
    }
    return answer(body, *model, request, now);
  };
  Reply reply = attempt();
  const std::string& request_id = ensure_request_id(reply);
  meter_.count_request(model);
  if (RequestRecord* record = record_of(ordinal)) {
    record->request_id = request_id;
    record->status = reply.status;
    if (!reply.call) record->ended = now;
  }
  return reply;
}

std::optional<ApiError> Service::refusal_by_limits(const Model& model, std::int64_t input_tokens,
                                                   Instant now) {
  if (options_.spend_limit && meter_.total() >= *options_.spend_limit) {
    ApiError error = plain_error(429);
    error.message = "You have reached your specified API usage limits.";
    error.code = "enforced_spend_limit_reached";
    return error;
  }
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

Reply Service::answer(const json::object& body, const Model& model, const HttpRequest& request,
                      Instant now) {
  const std::int64_t ordinal = requests_;
  const PromptLayout prompt = lay_out(body, model, request.workspace);
  if (std::optional<ApiError> wrong = too_long(model, prompt.tokens)) return failed(*wrong);

  const ScriptedAnswer* scripted = nullptr;
  if (!script_.empty()) {
    const std::string text = background_of(body) + question_of(body);
    scripted = script_.next({.model = model.id,
                             .prompt = text,
                             .request = ordinal,
                             .streamed = bool_at(body, "stream").value_or(false)});
  }
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
    Reply reply = failed(*error);
    for (auto& header : limiter_.headers(model.rate_class, now)) {
      reply.headers.push_back(std::move(header));
    }
    return reply;
  }

  const std::int64_t max_tokens = integer_at(body, "max_tokens").value_or(0);
  const std::uint64_t seed = mix(options_.seed, std::hash<std::string_view>{}(request.body));
  MessageHead head{.id = next_id("msg_"),
                   .tool_id = next_id("toolu_"),
                   .model = model.snapshot(),
                   .usage = plan.usage,
                   .us_geography = text_at(body, "inference_geo") == "us",
                   .fast = text_at(body, "speed") == "fast" && has_fast_mode(model)};
  if (thinks(body, model) && max_tokens > kThinkingTokens) head.usage.thinking = kThinkingTokens;
  Answer said = limited(make_answer(body, scripted, options_, seed), body, model,
                        max_tokens - head.usage.thinking, options_);
  head.usage.output =
      std::min(max_tokens, head.usage.thinking + tokens_in(model, said.text.size()));
  const bool refused_at_once = said.stop_reason == "refusal" && said.text.empty();
  if (refused_at_once) head.usage = {};  // a refusal before any output is not billed

  Reply reply;
  reply.call = std::make_unique<Call>(Call{
      .ordinal = ordinal,
      .model = &model,
      .plan = std::move(plan),
      .usage = head.usage,
      .surcharges = {.us_geography = head.us_geography, .fast = head.fast},
      .started = now,
  });
  const Delivery delivery = delivery_of(scripted, said.is_plan, ordinal);
  reply.delay = delivery.latency;
  reply.headers = limiter_.headers(model.rate_class, now);
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
  if (RequestRecord* record = record_of(call.ordinal)) {
    record->charge = amount;
    record->usage = call.usage;
    record->ended = now;
    record->cut = cut;
  }
}

}  // namespace baton::mock_api
