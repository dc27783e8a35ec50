// GET /v1/models and /v1/models/{id}.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "mock_api/api_error.h"

namespace baton::mock_api {

// `query` is what follows the '?': limit, after_id, before_id.
std::variant<std::string, ApiError> list_models(std::string_view query);
std::variant<std::string, ApiError> show_model(std::string_view id);

}  // namespace baton::mock_api
