// What is checked of a request before its fields are: the key, the headers, that the body is JSON.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string_view>
#include <variant>

#include "mock_api/api_error.h"
#include "mock_api/http_request.h"

namespace baton::mock_api {

// `accepted`: the only key that is; empty: any.
std::optional<ApiError> refusal_of_key(const HttpRequest& request, std::string_view accepted);
std::optional<ApiError> refusal_of_headers(const HttpRequest& request);
std::variant<boost::json::object, ApiError> parse_body(const HttpRequest& request);

}  // namespace baton::mock_api
