#include "mock_api/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/chance.h"
#include "base/json_string.h"

namespace baton::mock_api {
namespace {

struct Counts {
  std::int64_t processing = 0, succeeded = 0, errored = 0, canceled = 0, expired = 0;
};

Counts counts_of(const Batch& batch) {
  Counts counts;
  for (const BatchItem& item : batch.items) {
    switch (item.state) {
      case ItemState::kWaiting:
        ++counts.processing;
        break;
      case ItemState::kSucceeded:
        ++counts.succeeded;
        break;
      case ItemState::kErrored:
        ++counts.errored;
        break;
      case ItemState::kCanceled:
        ++counts.canceled;
        break;
      case ItemState::kExpired:
        ++counts.expired;
        break;
    }
  }
  return counts;
}

std::string_view status_of(const Batch& batch) {
  if (batch.ended) return "ended";
  return batch.cancelled ? "canceling" : "in_progress";
}

std::string time_or_null(std::optional<Instant> at) {
  return at ? fmt::format("\"{}\"", timestamp_of(*at)) : "null";
}

void end_rest(Batch& batch, ItemState state) {
  for (; batch.processed < batch.items.size(); ++batch.processed) {
    BatchItem& item = batch.items[batch.processed];
    item.params = {};
    item.state = state;
    item.result =
        state == ItemState::kCanceled ? R"({"type":"canceled"})" : R"({"type":"expired"})";
  }
}

}  // namespace

Batch& Batches::add(Batch batch, Instant now) {
  batch.number = ++created_;
  batch.created = now;
  batch.expires = now + options_.expires;
  list_.push_back(std::make_unique<Batch>(std::move(batch)));
  return *list_.back();
}

void Batches::advance(Instant now, const Process& process) {
  for (const std::unique_ptr<Batch>& batch : list_) advance(*batch, now, process);
}

void Batches::advance(Batch& batch, Instant now, const Process& process) {
  if (batch.ended) return;
  const Instant stops = std::min(batch.cancelled.value_or(batch.expires), batch.expires);
  const auto count = static_cast<std::int64_t>(batch.items.size());
  while (batch.processed < batch.items.size()) {
    const auto done = static_cast<std::int64_t>(batch.processed) + 1;
    const Instant due = batch.created + Millis(options_.length.count() * done / count);
    if (due > now || due > stops) break;
    BatchItem& item = batch.items[batch.processed];
    process(batch, batch.processed, item, due);
    item.params = {};
    ++batch.processed;
  }
  Instant end = std::min(batch.created + options_.length, batch.expires);
  if (batch.cancelled) end = std::min(*batch.cancelled + options_.cancel_length, batch.expires);
  if (now < end) return;
  end_rest(batch, batch.cancelled ? ItemState::kCanceled : ItemState::kExpired);
  batch.ended = end;
}

void Batches::cancel(Batch& batch, Instant now) {
  if (!batch.cancelled) batch.cancelled = now;
}

void Batches::erase(const Batch& batch) {
  std::erase_if(list_, [&batch](const auto& one) { return one.get() == &batch; });
}

Batch* Batches::find(std::string_view id, std::string_view workspace) {
  for (const std::unique_ptr<Batch>& batch : list_) {
    if (batch->id == id && batch->workspace == workspace) return batch.get();
  }
  return nullptr;
}

std::vector<const Batch*> Batches::newest_first(std::string_view workspace) const {
  std::vector<const Batch*> found;
  for (auto batch = list_.rbegin(); batch != list_.rend(); ++batch) {
    if ((*batch)->workspace == workspace) found.push_back(batch->get());
  }
  return found;
}

std::string Batches::results(const Batch& batch) const {
  std::vector<std::size_t> order(batch.items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::uint64_t series = mix(seed_, static_cast<std::uint64_t>(batch.number));
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[mix(series, left) % left]);
  }
  std::string lines;
  for (const std::size_t at : order) {
    const BatchItem& item = batch.items[at];
    fmt::format_to(std::back_inserter(lines), "{{\"custom_id\":\"{}\",\"result\":{}}}\n",
                   item.custom_id, item.result);
  }
  return lines;
}

std::string Batches::to_json() const {
  std::string list;
  for (const std::unique_ptr<Batch>& batch : list_) {
    std::vector<std::string> ids;
    for (const BatchItem& item : batch->items) ids.push_back(fmt::format("\"{}\"", item.custom_id));
    fmt::format_to(std::back_inserter(list),
                   R"({}{{"id":"{}","workspace":{},"status":"{}","items":{},"processed":{},)"
                   R"("custom_ids":[{}],"created_ms":{},"answer_cut":{}}})",
                   list.empty() ? "" : ",", batch->id, json_string(batch->workspace),
                   status_of(*batch), batch->items.size(), batch->processed, fmt::join(ids, ","),
                   batch->created.unix_ms(), batch->answer_cut);
  }
  return "[" + list + "]";
}

std::string batch_json(const Batch& batch, std::string_view base_url) {
  Counts counts;
  if (batch.ended) {
    counts = counts_of(batch);
  } else {
    // The API tells of no item before the whole batch has ended.
    counts.processing = static_cast<std::int64_t>(batch.items.size());
  }
  const std::string results =
      batch.ended ? fmt::format("\"{}/v1/messages/batches/{}/results\"", base_url, batch.id)
                  : "null";
  return fmt::format(
      R"({{"id":"{}","type":"message_batch","processing_status":"{}","request_counts":{{)"
      R"("processing":{},"succeeded":{},"errored":{},"canceled":{},"expired":{}}},)"
      R"("created_at":"{}","expires_at":"{}","ended_at":{},"cancel_initiated_at":{},)"
      R"("archived_at":null,"results_url":{}}})",
      batch.id, status_of(batch), counts.processing, counts.succeeded, counts.errored,
      counts.canceled, counts.expired, timestamp_of(batch.created), timestamp_of(batch.expires),
      time_or_null(batch.ended), time_or_null(batch.cancelled), results);
}

}  // namespace baton::mock_api
