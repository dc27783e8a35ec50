// An error of the API: its HTTP status and the body that goes with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::mock_api {

struct ApiError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string message;
  std::string code;                // details.error_code; empty: no details
  std::optional<int> retry_after;  // seconds

  bool operator==(const ApiError&) const = default;
};

inline ApiError invalid(std::string message) {
  return {.message = std::move(message)};
}

// The error.type that belongs to a status.
std::string_view error_type_of(int status);
// An error as it is injected: a known type and a plain message for the status.
ApiError plain_error(int status);
std::string error_body(const ApiError& error, std::string_view request_id);
// {"type":"error","error":{…}} as the mid-stream event carries it.
std::string stream_error(std::string_view type, std::string_view message);

}  // namespace baton::mock_api
