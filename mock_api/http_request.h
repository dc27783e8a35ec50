// A request as the server hands it on.
#pragma once

#include <string_view>

namespace baton::mock_api {

struct HttpRequest {
  std::string_view method;
  std::string_view target;  // with its query
  std::string_view body;
  std::string_view host;
  std::string_view api_key;        // x-api-key
  std::string_view authorization;  // "Bearer …"
  std::string_view version;        // anthropic-version
  std::string_view betas;          // anthropic-beta
  std::string_view workspace;      // anthropic-workspace-id
  std::string_view content_encoding;
  std::string_view retry_count;  // x-stainless-retry-count
};

}  // namespace baton::mock_api
