#include "simulation/shared_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/event_format.h"

namespace baton::sim {

std::vector<Written> written(const std::vector<Event>& events) {
  std::vector<Written> bytes;
  bytes.reserve(events.size());
  for (const Event& event : events) {
    EventText text = write_event(event);
    bytes.push_back({std::string(text.type), std::move(text.body)});
  }
  return bytes;
}

Result<std::vector<Event>> read_back(const std::vector<Written>& log) {
  std::vector<Event> events;
  events.reserve(log.size());
  for (const Written& entry : log) {
    Result<Event> event = read_event(entry.type, entry.body);
    if (!event)
      return storage_error(fmt::format("event {}: {}", events.size() + 1, event.error().message));
    events.push_back(std::move(*event));
  }
  return events;
}

Status SharedStore::commit(int holder, Transaction& transaction) {
  if (holder != holder_) return Error{ErrorKind::kBusy, "the lease has lapsed"};
  for (Blob& blob : transaction.blobs) texts_.try_emplace(blob.id, std::move(blob.text));
  for (std::size_t i = 0; i < transaction.events.size(); ++i) {
    log_.push_back(std::move(transaction.bytes[i]));
    on_durable_(holder, transaction.events[i]);
    if (const auto* end = std::get_if<RunEnded>(&transaction.events[i]); end && !end->day.empty())
      shares_[end->day] = end->day_used;
  }
  if (!transaction.allotment) return {};
  const auto& [cap, amount] = *transaction.allotment;
  transaction.granted = std::clamp(cap.cap - promised(cap.day), Money(), amount);
  shares_[cap.day] += transaction.granted;
  return {};
}

Result<std::string> SharedStore::text(const BlobId& id) const {
  const auto found = texts_.find(id);
  if (found == texts_.end()) return not_found("there is no text " + id);
  return found->second;
}

Money SharedStore::promised(const std::string& day) const {
  const auto part = [&](const std::map<std::string, Money>& of) {
    const auto found = of.find(day);
    return found == of.end() ? Money() : found->second;
  };
  return part(shares_) + part(others_);
}

void SharedStore::promise_to_others(const DayCap& cap, Money most) {
  others_[cap.day] += std::clamp(cap.cap - promised(cap.day), Money(), most);
}

}  // namespace baton::sim
