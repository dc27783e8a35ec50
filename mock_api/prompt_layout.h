// A request's prompt as the cache sees it: positions in the order tools, system, messages, each
// with the hash of everything up to it, and the breakpoints among them.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mock_api/models.h"

namespace baton::mock_api {

enum class Ttl { k5m, k1h };

struct Position {
  std::uint64_t prefix = 0;  // of this block and all before it
  std::int64_t tokens = 0;   // of this block and all before it
  std::optional<Ttl> breakpoint;
};

struct PromptLayout {
  std::vector<Position> positions;
  std::int64_t tokens = 0;
};

// `scope` keeps workspaces apart. With `tool_prompt`, tools bring the tokens of the API's own words
// about them. Malformed parts are skipped: requests are validated before.
PromptLayout lay_out(const boost::json::object& body, const Model& model, std::string_view scope,
                     bool tool_prompt = true);

}  // namespace baton::mock_api
