// The body of a batch create: its envelope is checked at once, its items when their turn comes.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "base/json_fields.h"
#include "mock_api/batches.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxItems = 100'000;

bool is_custom_id(std::string_view id) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(kAllowed) == id.npos;
}

std::optional<ApiError> refusal_of_item(const json::value& value, const std::string& where) {
  const json::object* item = value.if_object();
  if (item == nullptr) return invalid(where + ": Input should be an object");
  for (const auto& [name, field] : *item) {
    if (name != "custom_id" && name != "params") {
      return invalid(
          fmt::format("{}.{}: Extra inputs are not permitted", where, std::string_view(name)));
    }
  }
  if (!item->contains("custom_id")) return invalid(where + ".custom_id: Field required");
  if (!is_custom_id(text_at(*item, "custom_id"))) {
    return invalid(where + ".custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
  }
  if (!item->contains("params")) return invalid(where + ".params: Field required");
  if (object_at(*item, "params") == nullptr) {
    return invalid(where + ".params: Input should be an object");
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::vector<BatchItem>, ApiError> read_batch(const json::object& body) {
  for (const auto& [name, field] : body) {
    if (name != "requests") {
      return invalid(fmt::format("{}: Extra inputs are not permitted", std::string_view(name)));
    }
  }
  if (!body.contains("requests")) return invalid("requests: Field required");
  const json::array* requests = array_at(body, "requests");
  if (requests == nullptr) return invalid("requests: Input should be a valid list");
  if (requests->empty()) return invalid("requests: List should have at least 1 item");
  if (requests->size() > kMaxItems) {
    return invalid(fmt::format("requests: List should have at most {} items", kMaxItems));
  }
  std::vector<BatchItem> items;
  items.reserve(requests->size());
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < requests->size(); ++i) {
    const json::value& value = (*requests)[i];
    const std::string where = fmt::format("requests.{}", i);
    if (std::optional<ApiError> wrong = refusal_of_item(value, where)) return *wrong;
    const std::string_view id = text_at(value, "custom_id");
    if (!ids.insert(id).second) {
      return invalid(fmt::format("{}.custom_id: '{}' is not unique in the batch", where, id));
    }
    items.push_back({.custom_id = std::string(id),
                     .params = json::serialize(*value.get_object().if_contains("params"))});
  }
  return items;
}

}  // namespace baton::mock_api
