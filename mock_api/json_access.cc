#include "mock_api/json_access.h"

#include <boost/json.hpp>

namespace baton::mock_api {

namespace json = boost::json;

const json::object* object_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

std::string_view string_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::optional<std::int64_t> integer_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

bool true_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::value* output_schema(const json::object& body) {
  const json::object* config = object_at(body, "output_config");
  const json::object* format =
      config == nullptr ? object_at(body, "output_format") : object_at(*config, "format");
  return format == nullptr ? nullptr : format->if_contains("schema");
}

std::string_view default_effort(const json::object& body) {
  const std::string_view model = string_at(body, "model");
  return model == "claude-opus-5-5" || model == "claude-haiku-5-5" ? "medium" : "high";
}

}  // namespace baton::mock_api
