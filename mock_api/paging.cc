#include "mock_api/paging.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json_string.h"

namespace baton::mock_api {

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (item.substr(0, item.find('=')) == name && item.size() > name.size()) {
      return item.substr(name.size() + 1);
    }
  }
  return {};
}

std::variant<Page, ApiError> page_of(std::string_view query, std::size_t size,
                                     const PlaceOf& place_of) {
  std::size_t limit = 20;
  if (const std::string_view text = parameter(query, "limit"); !text.empty()) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (failed != std::errc() || end != text.data() + text.size() || limit < 1 || limit > 1'000) {
      return invalid("limit: Input should be between 1 and 1000");
    }
  }
  const std::string_view after = parameter(query, "after_id");
  const std::string_view before = parameter(query, "before_id");
  if (!after.empty() && !before.empty()) {
    return invalid("Only one of after_id and before_id may be given");
  }
  Page page;
  if (!before.empty()) {
    page.end = place_of(before);
    page.begin = page.end > limit ? page.end - limit : 0;
    page.has_more = page.begin > 0;
    return page;
  }
  if (!after.empty()) page.begin = std::min(size, place_of(after) + 1);
  page.end = std::min(size, page.begin + limit);
  page.has_more = page.end < size;
  return page;
}

std::string page_json(const std::vector<std::string>& items, const std::vector<std::string>& ids,
                      bool has_more) {
  return fmt::format(R"({{"data":[{}],"has_more":{},"first_id":{},"last_id":{}}})",
                     fmt::join(items, ","), has_more,
                     ids.empty() ? "null" : json_string(ids.front()),
                     ids.empty() ? "null" : json_string(ids.back()));
}

}  // namespace baton::mock_api
