#include "mock_api/request_fields.h"

#include <boost/json.hpp>

#include "base/json_fields.h"

namespace baton::mock_api {

namespace json = boost::json;

const json::value* output_schema(const json::object& body) {
  const json::object* config = object_at(body, "output_config");
  const json::object* format =
      config == nullptr ? object_at(body, "output_format") : object_at(config, "format");
  return format == nullptr ? nullptr : format->if_contains("schema");
}

std::string_view default_effort(const json::object& body) {
  const std::string_view model = text_at(body, "model");
  return model == "claude-opus-5-5" || model == "claude-haiku-5-5" ? "medium" : "high";
}

}  // namespace baton::mock_api
