#include "mock_api/request_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace baton::mock_api {

namespace json = boost::json;

namespace {
constexpr std::size_t kMaxJsonDepth = 256;
}  // namespace

std::optional<ApiError> refusal_of_key(const HttpRequest& request, std::string_view accepted) {
  std::string_view key = request.api_key;
  constexpr std::string_view kBearer = "Bearer ";
  if (key.empty() && request.authorization.starts_with(kBearer)) {
    key = request.authorization.substr(kBearer.size());
  }
  if (!key.empty() && (accepted.empty() || key == accepted)) return std::nullopt;
  return ApiError{.status = 401,
                  .type = "authentication_error",
                  .message = key.empty() ? "x-api-key header is required" : "invalid x-api-key"};
}

std::optional<ApiError> refusal_of_headers(const HttpRequest& request) {
  if (request.version.empty()) return invalid("anthropic-version: header is required");
  if (request.version != "2023-06-01" && request.version != "2026-10-21") {
    return invalid(
        fmt::format("anthropic-version: \"{}\" is not a valid version", request.version));
  }
  // Real names end in a date; which of them are in force changes too often to be listed here.
  for (std::string_view rest = request.betas; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const bool dated = name.size() > 11 && name[name.size() - 11] == '-' &&
                       name.find_last_not_of("0123456789-") == name.size() - 12;
    if (!dated) {
      return invalid(
          fmt::format("Unexpected value(s) `{}` for the `anthropic-beta` header.", name));
    }
  }
  return std::nullopt;
}

std::variant<json::object, ApiError> parse_body(const HttpRequest& request) {
  if (!request.content_encoding.empty() && request.content_encoding != "identity") {
    ApiError error = invalid("The request body's encoding is not supported.");
    error.code = "request_body_encoding_unsupported";
    return error;
  }
  json::error_code failed;
  json::value value = json::parse({request.body.data(), request.body.size()}, failed, {},
                                  {.max_depth = kMaxJsonDepth});
  if (failed) {
    return invalid(fmt::format("The request body is not valid JSON: {}", failed.message()));
  }
  if (!value.is_object()) return invalid("The request body must be a JSON object");
  return std::move(value.get_object());
}

}  // namespace baton::mock_api
