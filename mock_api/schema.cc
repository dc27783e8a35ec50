#include "mock_api/schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

bool is_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

bool fits_type(const json::object& schema, const json::value& value) {
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) return true;
  if (type->is_string()) return is_type(value, type->get_string());
  const json::array* types = type->if_array();
  return types != nullptr && std::any_of(types->begin(), types->end(), [&](const json::value& one) {
           return one.is_string() && is_type(value, one.get_string());
         });
}

bool fits_object(const json::value& root, const json::object& schema, const json::object& value) {
  const json::object* properties = object_at(schema, "properties");
  if (const json::array* required = array_at(schema, "required")) {
    for (const json::value& name : *required) {
      if (!name.is_string() || !value.contains(name.get_string())) return false;
    }
  }
  for (const auto& [name, member] : value) {
    const json::value* property = properties == nullptr ? nullptr : properties->if_contains(name);
    if (property == nullptr) {
      if (schema.contains("additionalProperties")) return false;
    } else if (!fits(root, *property, member)) {
      return false;
    }
  }
  return true;
}

bool fits_array(const json::value& root, const json::object& schema, const json::array& value) {
  const std::optional<std::int64_t> least = integer_at(schema, "minItems");
  if (least && static_cast<std::int64_t>(value.size()) < *least) return false;
  const json::value* items = schema.if_contains("items");
  return items == nullptr || std::all_of(value.begin(), value.end(), [&](const json::value& item) {
           return fits(root, *items, item);
         });
}

}  // namespace

const json::value* resolve_reference(const json::value& root, std::string_view reference) {
  if (reference.empty() || reference.front() != '#') return nullptr;
  reference.remove_prefix(1);
  boost::system::error_code failed;
  const json::value* found = root.find_pointer(reference, failed);
  return failed ? nullptr : found;
}

bool fits(const json::value& root, const json::value& schema_value, const json::value& value) {
  const json::object* schema = schema_value.if_object();
  if (schema == nullptr) return true;
  if (schema->contains("$ref")) {
    const json::value* target = resolve_reference(root, text_at(*schema, "$ref"));
    return target != nullptr && fits(root, *target, value);
  }
  if (!fits_type(*schema, value)) return false;
  const auto matches = [&](const json::value& part) { return fits(root, part, value); };
  if (const json::value* constant = schema->if_contains("const")) {
    if (*constant != value) return false;
  }
  if (const json::array* values = array_at(*schema, "enum")) {
    if (std::find(values->begin(), values->end(), value) == values->end()) return false;
  }
  if (const json::array* parts = array_at(*schema, "anyOf")) {
    if (std::none_of(parts->begin(), parts->end(), matches)) return false;
  }
  if (const json::array* parts = array_at(*schema, "allOf")) {
    if (!std::all_of(parts->begin(), parts->end(), matches)) return false;
  }
  if (schema->contains("pattern") && value.is_string()) {
    const RE2 pattern(text_at(*schema, "pattern"), RE2::Quiet);
    const std::string_view text = value.get_string();
    if (pattern.ok() && !RE2::PartialMatch({text.data(), text.size()}, pattern)) return false;
  }
  if (value.is_object()) return fits_object(root, *schema, value.get_object());
  return !value.is_array() || fits_array(root, *schema, value.get_array());
}

}  // namespace baton::mock_api
