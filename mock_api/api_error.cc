#include "mock_api/api_error.h"

#include <fmt/format.h>

#include "base/json_string.h"

namespace baton::mock_api {

std::string_view error_type_of(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

ApiError plain_error(int status) {
  std::string_view message = "The request was rejected.";
  if (status == 429) message = "This request would exceed your organization's rate limit.";
  if (status >= 500) message = "Internal server error";
  if (status == 529) message = "Overloaded";
  return {.status = status,
          .type = std::string(error_type_of(status)),
          .message = std::string(message)};
}

std::string error_body(const ApiError& error, std::string_view request_id) {
  std::string details;
  if (!error.code.empty()) {
    details = fmt::format(R"(,"details":{{"error_code":{}}})", json_string(error.code));
  }
  return fmt::format(R"({{"type":"error","error":{{"type":{},"message":{}{}}},"request_id":{}}})",
                     json_string(error.type), json_string(error.message), details,
                     json_string(request_id));
}

std::string stream_error(std::string_view type, std::string_view message) {
  return fmt::format(R"({{"type":"error","error":{{"type":{},"message":{}}}}})", json_string(type),
                     json_string(message));
}

}  // namespace baton::mock_api
