#include "base/json_fields.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

namespace baton {

namespace json = boost::json;

JsonFields::JsonFields(const json::value& value) : object_(value.if_object()) {}
JsonFields::JsonFields(const json::value* value)
    : object_(value == nullptr ? nullptr : value->if_object()) {}

const json::value* value_at(JsonFields fields, std::string_view key) {
  if (fields.object() == nullptr) return nullptr;
  const json::value* value = fields.object()->if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object* object_at(JsonFields fields, std::string_view key) {
  const json::value* value = value_at(fields, key);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_at(JsonFields fields, std::string_view key) {
  const json::value* value = value_at(fields, key);
  return value == nullptr ? nullptr : value->if_array();
}

std::string_view text_at(JsonFields fields, std::string_view key) {
  const json::value* value = value_at(fields, key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::optional<std::int64_t> integer_at(JsonFields fields, std::string_view key) {
  const json::value* value = value_at(fields, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  // Beyond this a double no longer tells one whole number from the next.
  constexpr double kMostExact = 9'007'199'254'740'992.0;
  const double* number = value->if_double();
  if (number == nullptr || std::abs(*number) > kMostExact || *number != std::floor(*number))
    return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<bool> bool_at(JsonFields fields, std::string_view key) {
  const json::value* value = value_at(fields, key);
  const bool* truth = value == nullptr ? nullptr : value->if_bool();
  return truth == nullptr ? std::nullopt : std::optional<bool>(*truth);
}

std::vector<std::string> texts_at(JsonFields fields, std::string_view key) {
  std::vector<std::string> texts;
  const json::array* array = array_at(fields, key);
  if (array == nullptr) return texts;
  for (const json::value& element : *array) {
    if (element.is_string()) texts.emplace_back(element.get_string());
  }
  return texts;
}

void each_object_at(JsonFields fields, std::string_view key,
                    const std::function<void(const json::object&)>& see) {
  const json::array* array = array_at(fields, key);
  if (array == nullptr) return;
  for (const json::value& element : *array) {
    if (element.is_object()) see(element.get_object());
  }
}

Result<json::object> parse_object(std::string_view text, std::string_view what) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error) return input_error(fmt::format("{} is not JSON: {}", what, error.message()));
  if (!value.is_object()) return input_error(fmt::format("{} is not a JSON object", what));
  return std::move(value.get_object());
}

}  // namespace baton
