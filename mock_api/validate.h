// What the API refuses, and in which words. The first thing wrong is reported.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mock_api/api_error.h"
#include "mock_api/models.h"

namespace baton::mock_api {

enum class Endpoint { kMessages, kBatchItem, kCountTokens };

// The body of a request to `endpoint`, under an anthropic-version. The prompt's length is checked
// apart (too_long), because it takes a layout to know it.
std::optional<ApiError> refusal(const boost::json::object& body, Endpoint endpoint,
                                std::string_view version);
std::optional<ApiError> too_long(const Model& model, std::int64_t prompt_tokens);

// The parts of it, each in a file of its own.
std::optional<ApiError> refusal_of_messages(const boost::json::object& body, const Model& model,
                                            std::string_view version);
std::optional<ApiError> refusal_of_cache_marks(const boost::json::object& body);
std::optional<ApiError> refusal_of_schema(const boost::json::value& schema);

}  // namespace baton::mock_api
