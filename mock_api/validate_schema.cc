// Which JSON Schemas structured output takes.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "base/json_fields.h"
#include "mock_api/schema.h"
#include "mock_api/validate.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using Refusal = std::optional<ApiError>;

constexpr int kMaxDepth = 64;
constexpr int kMaxSchemas = 10'000;

ApiError wrong_schema(std::string_view what) {
  return invalid(fmt::format("output_config.format.schema: {}", what));
}

bool has_type(const json::object& schema, std::string_view name) {
  if (text_at(schema, "type") == name) return true;
  const json::array* types = array_at(schema, "type");
  if (types == nullptr) return false;
  return std::any_of(types->begin(), types->end(), [name](const json::value& type) {
    return type.is_string() && std::string_view(type.get_string()) == name;
  });
}

class SchemaCheck {
 public:
  explicit SchemaCheck(const json::value& root) : root_(root) {}

  Refusal check(const json::value& value, int depth) {
    const json::object* schema = value.if_object();
    if (schema == nullptr) return wrong_schema("every schema must be an object");
    if (depth > kMaxDepth) return wrong_schema("Schema is nested too deeply");
    // References make a small schema large: what they unfold to is what would be compiled.
    if (++visited_ > kMaxSchemas) return wrong_schema("Schema is too complex");
    if (Refusal wrong = check_keywords(*schema)) return wrong;
    if (schema->contains("$ref")) return check_reference(text_at(*schema, "$ref"), depth);
    return check_children(*schema, depth);
  }

 private:
  static Refusal check_keywords(const json::object& schema) {
    static const std::set<std::string_view> refused = {"minimum",
                                                       "maximum",
                                                       "exclusiveMinimum",
                                                       "exclusiveMaximum",
                                                       "multipleOf",
                                                       "minLength",
                                                       "maxLength",
                                                       "maxItems",
                                                       "uniqueItems",
                                                       "contains",
                                                       "minContains",
                                                       "maxContains",
                                                       "prefixItems",
                                                       "minProperties",
                                                       "maxProperties",
                                                       "propertyNames",
                                                       "patternProperties",
                                                       "dependentRequired",
                                                       "dependentSchemas",
                                                       "if",
                                                       "then",
                                                       "else",
                                                       "not",
                                                       "oneOf",
                                                       "unevaluatedProperties"};
    for (const auto& [name, value] : schema) {
      if (refused.contains(name)) {
        return wrong_schema(fmt::format("For '{}' type, property '{}' is not supported",
                                        text_at(schema, "type"), std::string_view(name)));
      }
    }
    if (has_type(schema, "object") || schema.contains("properties")) {
      const json::value* extra = schema.if_contains("additionalProperties");
      if (extra == nullptr || !extra->is_bool() || extra->get_bool()) {
        return wrong_schema(
            "For 'object' type, 'additionalProperties' must be explicitly set to false");
      }
    }
    if (const json::value* least = schema.if_contains("minItems")) {
      if (!least->is_int64() || least->get_int64() < 0 || least->get_int64() > 1) {
        return wrong_schema(
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported");
      }
    }
    if (const json::array* values = array_at(schema, "enum")) {
      for (const json::value& value : *values) {
        if (value.is_structured()) return wrong_schema("Enum values must be scalars");
      }
    }
    return std::nullopt;
  }

  Refusal check_reference(std::string_view reference, int depth) {
    const json::value* target = resolve_reference(root_, reference);
    if (target == nullptr) {
      return wrong_schema(
          fmt::format("$ref '{}' does not lead to a definition of this schema", reference));
    }
    if (!open_.insert(std::string(reference)).second) {
      return wrong_schema("Recursive schemas are not supported");
    }
    Refusal wrong = check(*target, depth + 1);
    open_.erase(std::string(reference));
    return wrong;
  }

  Refusal check_children(const json::object& schema, int depth) {
    if (const json::object* properties = object_at(schema, "properties")) {
      for (const auto& [name, property] : *properties) {
        if (Refusal wrong = check(property, depth + 1)) return wrong;
      }
      if (const json::array* required = array_at(schema, "required")) {
        for (const json::value& name : *required) {
          if (!name.is_string() || !properties->contains(name.get_string())) {
            return wrong_schema("'required' names a property that is not defined");
          }
        }
      }
    }
    if (const json::value* items = schema.if_contains("items")) {
      if (Refusal wrong = check(*items, depth + 1)) return wrong;
    }
    for (const char* combination : {"anyOf", "allOf"}) {
      const json::array* parts = array_at(schema, combination);
      if (parts == nullptr) continue;
      for (const json::value& part : *parts) {
        if (Refusal wrong = check(part, depth + 1)) return wrong;
      }
    }
    return std::nullopt;
  }

  const json::value& root_;
  std::set<std::string> open_;
  int visited_ = 0;
};

}  // namespace

std::optional<ApiError> refusal_of_schema(const json::value& schema) {
  return SchemaCheck(schema).check(schema, 0);
}

}  // namespace baton::mock_api
