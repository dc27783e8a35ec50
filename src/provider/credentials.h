// Where the provider is and how we show who we are. Credentials have no to_string() and stand in no
// message: what cannot be printed cannot leak.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

struct Credentials {
  std::string api_key;     // sent as x-api-key; goes first where both are there
  std::string auth_token;  // sent as a bearer token: gateways, OAuth

  bool empty() const { return api_key.empty() && auth_token.empty(); }
};

struct Endpoint {
  std::string base_url = "https://api.anthropic.com";  // without a slash at its end
  Credentials credentials;                             // empty: no calls to a model can be made
  std::vector<std::string> extra_headers;  // "name: value"; they replace ours of the same name

  std::string messages_url() const { return base_url + "/v1/messages"; }
  // Whether nothing stands between us and the provider that could add to a request.
  bool is_direct() const { return base_url == "https://api.anthropic.com"; }
};

// A variable's value, or empty where it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// From ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL and ANTHROPIC_CUSTOM_HEADERS
// (lines of "Name: value"). kUsage, saying which variable to correct, for a URL that is not plain
// http(s), for values that would break out of their header, and for credentials that would cross a
// network in clear text.
Result<Endpoint> endpoint_from_environment(const Environment& environment);

// The headers of POST /v1/messages, each "name: value".
std::vector<std::string> messages_headers(const Credentials& credentials);
std::vector<std::string> messages_headers(const Endpoint& endpoint);

}  // namespace baton
