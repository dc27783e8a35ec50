// The Message Batches endpoints, and what becomes of an item when its turn comes.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>

#include "base/chance.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "mock_api/faults.h"
#include "mock_api/paging.h"
#include "mock_api/prompt_layout.h"
#include "mock_api/request_checks.h"
#include "mock_api/respond.h"
#include "mock_api/service.h"
#include "mock_api/validate.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

std::string errored(const ApiError& error) {
  const std::string inner = stream_error(error.type, error.message);
  return fmt::format(R"({{"type":"errored","error":{},"request_id":null}}}})",
                     std::string_view(inner).substr(0, inner.size() - 1));
}

std::string base_url(const HttpRequest& request) {
  return request.host.empty() ? "" : fmt::format("http://{}", request.host);
}

ApiError no_such_batch(std::string_view id) {
  return {.status = 404,
          .type = "not_found_error",
          .message = fmt::format("Message batch '{}' not found", id)};
}

}  // namespace

// `rest`: what follows /v1/messages/batches in the path.
Reply Service::route_batches(const HttpRequest& request, std::string_view rest,
                             std::string_view query, Instant now) {
  if (std::optional<ApiError> wrong = refusal_of_headers(request)) return failed(*wrong);
  if (rest.empty()) {
    if (request.method == "POST") return create_batch(request, now);
    if (request.method == "GET") return list_batches(request, query);
  } else {
    rest.remove_prefix(1);
    const std::string_view id = rest.substr(0, rest.find('/'));
    return one_batch(request, id, rest.substr(std::min(rest.size(), id.size() + 1)), now);
  }
  return failed({.status = 404, .type = "not_found_error", .message = "Not found"});
}

Reply Service::create_batch(const HttpRequest& request, Instant now) {
  if (refused_creates_ < options_.batches.refused_creates) {
    return failed(plain_error(refused_creates_++ % 2 == 0 ? 529 : 500));
  }
  if (std::optional<ApiError> wrong = refusal_by_spend_limit()) return failed(*wrong);
  const auto body = parse_body(request);
  if (const ApiError* wrong = std::get_if<ApiError>(&body)) return failed(*wrong);
  auto items = read_batch(std::get<json::object>(body));
  if (const ApiError* wrong = std::get_if<ApiError>(&items)) return failed(*wrong);

  Batch& batch = batches_.add({.id = next_id("msgbatch_"),
                               .workspace = std::string(request.workspace),
                               .version = std::string(request.version),
                               .items = std::move(std::get<std::vector<BatchItem>>(items))},
                              now);
  Reply reply = json(batch_json(batch, base_url(request)));
  if (cut_creates_ < options_.batches.cut_creates) {
    ++cut_creates_;
    batch.answer_cut = true;
    reply.unsaid = true;
  }
  return reply;
}

Reply Service::list_batches(const HttpRequest& request, std::string_view query) {
  const std::vector<const Batch*> batches = batches_.newest_first(request.workspace);
  const auto place_of = [&batches](std::string_view id) {
    const auto found = std::find_if(batches.begin(), batches.end(),
                                    [id](const Batch* batch) { return batch->id == id; });
    return static_cast<std::size_t>(found - batches.begin());
  };
  const auto found = page_of(query, batches.size(), place_of);
  if (const ApiError* error = std::get_if<ApiError>(&found)) return failed(*error);
  const Page& page = std::get<Page>(found);
  std::vector<std::string> items;
  std::vector<std::string> ids;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    items.push_back(batch_json(*batches[i], base_url(request)));
    ids.push_back(batches[i]->id);
  }
  return json(page_json(items, ids, page.has_more));
}

Reply Service::one_batch(const HttpRequest& request, std::string_view id, std::string_view action,
                         Instant now) {
  Batch* batch = batches_.find(id, request.workspace);
  if (batch == nullptr) return failed(no_such_batch(id));
  if (action.empty() && request.method == "GET") return json(batch_json(*batch, base_url(request)));
  if (action.empty() && request.method == "DELETE") {
    if (!batch->ended) {
      return failed(invalid(
          fmt::format("Message batch '{}' cannot be deleted before its processing has ended", id)));
    }
    Reply reply = json(fmt::format(R"({{"id":"{}","type":"message_batch_deleted"}})", id));
    batches_.erase(*batch);
    return reply;
  }
  if (action == "cancel" && request.method == "POST") {
    if (batch->ended) {
      return failed(
          invalid(fmt::format("Message batch '{}' cannot be canceled: it has ended", id)));
    }
    batches_.cancel(*batch, now);
    return json(batch_json(*batch, base_url(request)));
  }
  if (action == "results" && request.method == "GET") {
    if (!batch->ended) {
      return failed(
          invalid(fmt::format("Message batch '{}' has no results before it has ended", id)));
    }
    Reply reply;
    reply.headers = {{"content-type", "application/x-jsonl"}};
    reply.body = batches_.results(*batch);
    return reply;
  }
  return failed({.status = 404, .type = "not_found_error", .message = "Not found"});
}

void Service::process(const Batch& batch, std::size_t index, BatchItem& item, Instant now) {
  const auto number = static_cast<std::int64_t>(index) + 1;
  const ItemFault fault = item_fault_of(options_.batches, options_.seed, batch.number, number);
  if (fault == ItemFault::kExpired) {
    item.state = ItemState::kExpired;
    item.result = R"({"type":"expired"})";
    return;
  }
  RequestRecord record{
      .batch_id = batch.id, .custom_id = item.custom_id, .started = now, .ended = now};
  record.status = 200;
  std::optional<ApiError> error =
      fault == ItemFault::kErrored ? plain_error(500) : answer_item(batch, item, record, now);
  if (error) {
    item.state = ItemState::kErrored;
    item.result = errored(*error);
    record.status = error->status;
  }
  if (fault == ItemFault::kErrored) meter_.count_request(nullptr, Meter::Way::kBatch);
  if (options_.record) {
    record.body_sha256 = sha256_hex(item.params);
    records_.push_back(std::move(record));
  }
}

// Answers and bills the item, or says why it is not answered.
std::optional<ApiError> Service::answer_item(const Batch& batch, BatchItem& item,
                                             RequestRecord& record, Instant now) {
  json::error_code failed_to_parse;
  const json::value params = json::parse(item.params, failed_to_parse);
  const json::object& body = params.get_object();
  record.model = text_at(body, "model");
  const Model* model = find_model(record.model);
  meter_.count_request(model, Meter::Way::kBatch);
  if (auto wrong = refusal(body, Endpoint::kBatchItem, batch.version)) return wrong;
  const PromptLayout prompt = lay_out(body, *model, batch.workspace, options_.tool_prompt);
  if (auto wrong = too_long(*model, prompt.tokens)) return wrong;
  const ScriptedAnswer* scripted = scripted_for({.model = model->id, .batch = true}, body);
  if (scripted != nullptr && scripted->error) return scripted->error;

  const auto number = static_cast<std::int64_t>(batch.processed) + 1;
  const bool misses = item_misses_cache(options_.batches, options_.seed, batch.number, number);
  const PromptCache::Plan plan =
      misses ? PromptCache().look_up(prompt, *model, now) : cache_.look_up(prompt, *model, now);
  cache_.accepted(plan, now);
  cache_.response_began(plan, now);
  Response response =
      respond({.body = body,
               .model = *model,
               .scripted = scripted,
               .seed = mix(options_.seed, std::hash<std::string_view>{}(item.params))},
              plan.usage, options_);
  MessageHead& head = response.head;
  head.id = next_id("msg_");
  head.tool_id = next_id("toolu_");
  head.batch = true;
  record.message_id = head.id;
  record.usage = head.usage;
  record.charge = charge_for(*model, head.usage, {.us_geography = head.us_geography, .batch = true},
                             date_of(now));
  meter_.book(*model, head.usage, record.charge, Meter::Way::kBatch);
  item.state = ItemState::kSucceeded;
  item.result =
      fmt::format(R"({{"type":"succeeded","message":{}}})", message_json(head, response.said));
  return std::nullopt;
}

}  // namespace baton::mock_api
