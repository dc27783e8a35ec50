// Pages of a list, as the API cuts them: ?limit=…&after_id=…&before_id=…
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mock_api/api_error.h"

namespace baton::mock_api {

// The value of a query's parameter; empty if it is not there.
std::string_view parameter(std::string_view query, std::string_view name);

// Where an id stands in the list; the list's size if it is not in it.
using PlaceOf = std::function<std::size_t(std::string_view id)>;

struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_more = false;  // in the direction the pages go
};

std::variant<Page, ApiError> page_of(std::string_view query, std::size_t size,
                                     const PlaceOf& place_of);

// {"data", "has_more", "first_id", "last_id"}. `items` are JSON, `ids` theirs.
std::string page_json(const std::vector<std::string>& items, const std::vector<std::string>& ids,
                      bool has_more);

}  // namespace baton::mock_api
