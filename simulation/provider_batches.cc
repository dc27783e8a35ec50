#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "simulation/provider.h"

namespace baton::sim {
namespace {

constexpr std::string_view kNextItem = R"({"custom_id":")";

std::int64_t field(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  std::int64_t number = 0;
  if (at != text.npos)
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  return number;
}

CallId call_named(std::string_view custom_id) {
  return CallId(static_cast<int>(field(custom_id, "-c")));
}

}  // namespace

void SimulatedProvider::start_batch_request(const TransferPtr& transfer,
                                            const HttpRequest& request) {
  const bool creates = request.method == HttpRequest::Method::kPost;
  const Millis way(dice_.below(50));
  if (creates) {
    timeline_.after(way, [this, transfer, body = request.body] {
      if (!transfer->sender.pulse->beats && dice_.one_in(2)) return;
      if (!transfer->over) create_batch(transfer, body);
    });
    return;
  }
  const std::string path = request.url.substr(request.url.find("/batches"));
  timeline_.after(way, [this, transfer, path] {
    if (!transfer->over) send_back(transfer, tell_batches(path));
  });
}

// Before it: whether all of its items were promised.
void SimulatedProvider::create_batch(const TransferPtr& transfer, const std::string& body) {
  Reply reply;
  reply.first = Millis(dice_.below(400));
  const bool lost = faults_.happens(Fault::kLostCreate);
  if (lost && dice_.one_in(3)) {
    reply.status = dice_.one_in(2) ? 529 : 500;
    reply.body = error_body("api_error", "not now");
    if (reply.status == 529 || dice_.one_in(2)) return send_back(transfer, std::move(reply));
  } else if (lost) {
    reply.headless = true;
    reply.end = {TransferEnd::Kind::kBroken, "the connection was closed", false};
    if (dice_.one_in(2)) return send_back(transfer, std::move(reply));
  }
  Batch batch;
  batch.id = fmt::format("msgbatch_{}", batches_.size() + 1);
  batch.created = timeline_.now();
  batch.ends = batch.created + Millis::seconds(dice_.below(faults_.over() ? 60 : 3'000));
  std::string_view rest = body;
  for (std::size_t at = rest.find(kNextItem); at != rest.npos; at = rest.find(kNextItem)) {
    rest.remove_prefix(at + kNextItem.size());
    const std::string custom_id(rest.substr(0, rest.find('"')));
    // Results that tell of nothing at all would be those of no batch.
    const bool may_be_missing = !batch.items.empty();
    const std::string_view params = rest.substr(0, rest.find(kNextItem));
    batch.items.push_back(batch_entry(custom_id, params, may_be_missing));
  }
  batches_.push_back(std::move(batch));
  if (reply.body.empty()) reply.body = batch_json(batches_.back());
  send_back(transfer, std::move(reply));
}

SimulatedProvider::BatchEntry SimulatedProvider::batch_entry(const std::string& custom_id,
                                                             std::string_view params,
                                                             bool may_be_missing) {
  BatchEntry entry{custom_id, book_.find(call_named(custom_id)), {}};
  BookedCall* call = entry.call;
  if (call == nullptr || !call->batched) {
    broken_("an item of a batch comes whose reservation is not durable");
    return entry;
  }
  ++call->seen;
  const auto line = [&](std::string_view type, const std::string& more) {
    entry.line =
        fmt::format(R"({{"custom_id":"{}","result":{{"type":"{}"{}}}}})", custom_id, type, more);
    entry.line += '\n';
  };
  const bool fails = faults_.happens(Fault::kBatchItem);
  const std::int64_t how = fails ? dice_.below(6) : 9;
  if (how == 0) return line("expired", {}), entry;
  if (how == 1) return line("canceled", {}), entry;
  if (how == 2) {
    const bool ours = dice_.one_in(2);
    const std::string error = error_body(ours ? "invalid_request_error" : "api_error", "no");
    return line("errored", R"(,"error":)" + error), entry;
  }
  Transfer item;
  item.call = call;
  item.bytes = static_cast<std::int64_t>(params.size());
  item.max_output = field(params, R"("max_tokens":)");
  item.cached = params.find("cache_control") != params.npos;
  call->usage = usage_of(item);
  call->metered = true;
  if (how == 3 && may_be_missing) return entry;
  line("succeeded", R"(,"message":)" + as_message({.model = call->reserved.model,
                                                   .text = how == 4 ? "something else" : "ok",
                                                   .usage = call->usage}));
  if (how == 5) entry.line += entry.line;
  return entry;
}

SimulatedProvider::Reply SimulatedProvider::tell_batches(std::string_view path) {
  Reply reply;
  reply.first = Millis(dice_.below(200));
  if (faults_.happens(Fault::kBatchPoll)) {
    reply.status = dice_.one_in(2) ? 529 : 503;
    reply.body = error_body("overloaded_error", "not now");
    return reply;
  }
  if (path.starts_with("/batches?")) {
    std::string list;
    for (auto batch = batches_.rbegin(); batch != batches_.rend(); ++batch)
      list += (list.empty() ? "" : ",") + batch_json(*batch);
    reply.body = fmt::format(R"({{"data":[{}],"has_more":false,"last_id":null}})", list);
    return reply;
  }
  const std::string_view rest = path.substr(std::string_view("/batches/").size());
  const std::string_view id = rest.substr(0, rest.find('/'));
  const auto batch =
      std::find_if(batches_.begin(), batches_.end(), [&](const Batch& b) { return b.id == id; });
  if (batch == batches_.end()) {
    reply.status = 404;
    reply.body = error_body("not_found_error", "no such batch");
    return reply;
  }
  reply.body = rest.ends_with("/results") ? results(*batch) : batch_json(*batch);
  return reply;
}

std::string SimulatedProvider::batch_json(const Batch& batch) const {
  const bool ended = batch.ends <= timeline_.now();
  return fmt::format(
      R"({{"id":"{}","type":"message_batch","processing_status":"{}","created_at":"{}",)"
      R"("expires_at":null,"ended_at":null,"results_url":null,"request_counts":{{"processing":{},)"
      R"("succeeded":{},"errored":0,"canceled":0,"expired":0}}}})",
      batch.id, ended ? "ended" : "in_progress", timestamp_of(batch.created),
      ended ? 0 : batch.items.size(), ended ? batch.items.size() : 0);
}

// In another order than they were asked for.
std::string SimulatedProvider::results(const Batch& batch) {
  std::string lines;
  const std::size_t first =
      static_cast<std::size_t>(dice_.below(static_cast<std::int64_t>(batch.items.size())));
  for (std::size_t i = 0; i < batch.items.size(); ++i)
    lines += batch.items[(first + i) % batch.items.size()].line;
  return lines;
}

}  // namespace baton::sim
