#include "tool/json_schema.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/check.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostProblems = 8;
constexpr std::size_t kShown = 60;

// As the schema calls types, and as people do.
std::string_view type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "number";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
  }
  return "";
}

bool is_whole(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  const double* number = value.if_double();
  return number != nullptr && std::isfinite(*number) && *number == std::floor(*number);
}

bool has_type(const json::value& value, std::string_view type) {
  return type == "integer" ? value.is_number() && is_whole(value) : type_of(value) == type;
}

std::string shown(const json::value& value) {
  return for_terminal(shorten(json::serialize(value), kShown));
}

std::string join_path(std::string_view name, std::string_view key) {
  return name.empty() ? std::string(key) : fmt::format("{}.{}", name, key);
}

class Checker {
 public:
  void check(const json::value& value, const json::object& schema, const std::string& name) {
    if (problems_.size() >= kMostProblems || !check_type(value, schema, name)) return;
    check_choice(value, schema, name);
    check_any(value, schema, name);
    if (const json::object* object = value.if_object()) check_object(*object, schema, name);
    if (const json::array* array = value.if_array()) check_array(*array, schema, name);
    if (const json::string* text = value.if_string()) {
      check_range(text->size(), "bytes", schema, "minLength", "maxLength", name);
    }
    if (value.is_number()) check_number(value, schema, name);
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void say(const std::string& name, std::string_view what) {
    problems_.push_back(
        fmt::format("{}: {}", name.empty() ? "the input" : for_terminal(name), what));
  }

  bool check_type(const json::value& value, const json::object& schema, const std::string& name) {
    std::vector<std::string> types = texts_at(schema, "type");
    if (const std::string_view one = text_at(schema, "type"); !one.empty()) types.emplace_back(one);
    if (types.empty()) return true;
    for (const std::string& type : types) {
      if (has_type(value, type)) return true;
    }
    say(name, fmt::format("expected {}, got {}", fmt::join(types, " or "), shown(value)));
    return false;
  }

  void check_choice(const json::value& value, const json::object& schema, const std::string& name) {
    if (const json::array* choices = array_at(schema, "enum")) {
      for (const json::value& choice : *choices) {
        if (choice == value) return;
      }
      std::vector<std::string> words;
      for (const json::value& choice : *choices) words.push_back(shown(choice));
      say(name, fmt::format("expected one of {}, got {}", fmt::join(words, ", "), shown(value)));
    }
    const json::value* constant = schema.if_contains("const");
    if (constant != nullptr && *constant != value) {
      say(name, fmt::format("expected {}, got {}", shown(*constant), shown(value)));
    }
  }

  void check_any(const json::value& value, const json::object& schema, const std::string& name) {
    const json::array* any = array_at(schema, "anyOf");
    if (any == nullptr) return;
    std::string first;
    for (const json::value& one : *any) {
      if (!one.is_object()) return;
      const std::vector<std::string> found = schema_problems(value, one.get_object(), name);
      if (found.empty()) return;
      if (first.empty()) first = found.front();
    }
    say(name, fmt::format("fits none of the forms it may have (of the first: {})", first));
  }

  void check_object(const json::object& object, const json::object& schema,
                    const std::string& name) {
    const json::object* properties = object_at(schema, "properties");
    for (const std::string& key : texts_at(schema, "required")) {
      if (!object.contains(key)) say(join_path(name, key), "missing; it is required");
    }
    const json::value* others = schema.if_contains("additionalProperties");
    for (const auto& [key, value] : object) {
      const json::object* form = properties == nullptr ? nullptr : object_at(*properties, key);
      if (form != nullptr) {
        check(value, *form, join_path(name, key));
      } else if (others != nullptr && others->is_object()) {
        check(value, others->get_object(), join_path(name, key));
      } else if (others != nullptr && others->is_bool() && !others->get_bool()) {
        unknown(join_path(name, shorten(key, kShown)), properties);
      }
      if (problems_.size() >= kMostProblems) return;
    }
  }

  void unknown(const std::string& name, const json::object* properties) {
    std::vector<std::string_view> known;
    if (properties != nullptr) {
      for (const auto& property : *properties) known.push_back(property.key());
    }
    say(name, known.empty() ? std::string("unknown; nothing is expected here")
                            : fmt::format("unknown; what there is: {}", fmt::join(known, ", ")));
  }

  void check_array(const json::array& array, const json::object& schema, const std::string& name) {
    check_range(array.size(), "elements", schema, "minItems", "maxItems", name);
    const json::object* items = object_at(schema, "items");
    for (std::size_t i = 0; items != nullptr && i < array.size(); ++i) {
      check(array[i], *items, fmt::format("{}[{}]", name, i));
      if (problems_.size() >= kMostProblems) return;
    }
  }

  void check_range(std::size_t size, std::string_view unit, const json::object& schema,
                   std::string_view least_key, std::string_view most_key, const std::string& name) {
    const std::optional<std::int64_t> least = integer_at(schema, least_key);
    const std::optional<std::int64_t> most = integer_at(schema, most_key);
    const auto has = static_cast<std::int64_t>(size);
    if (least && has < *least)
      say(name, fmt::format("expected at least {} {}, got {}", *least, unit, has));
    if (most && has > *most)
      say(name, fmt::format("expected at most {} {}, got {}", *most, unit, has));
  }

  void check_number(const json::value& value, const json::object& schema, const std::string& name) {
    const auto number_at = [&](std::string_view key) -> std::optional<double> {
      const json::value* bound = value_at(schema, key);
      if (bound == nullptr || !bound->is_number()) return std::nullopt;
      return bound->to_number<double>();
    };
    const auto number = value.to_number<double>();
    const std::optional<double> least = number_at("minimum");
    const std::optional<double> most = number_at("maximum");
    if (least && number < *least)
      say(name, fmt::format("expected at least {}, got {}", *least, shown(value)));
    if (most && number > *most)
      say(name, fmt::format("expected at most {}, got {}", *most, shown(value)));
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> schema_problems(const json::value& value, const json::object& schema,
                                         std::string_view name) {
  Checker checker;
  checker.check(value, schema, std::string(name));
  return checker.take();
}

Status check_schema(std::string_view value, std::string_view schema, std::string_view name) {
  const Result<json::object> form = parse_object(schema, "the schema");
  BATON_CHECK(form.ok());
  json::error_code error;
  const json::value parsed = json::parse(value, error);
  if (error) return input_error(fmt::format("not JSON: {}", error.message()));
  const std::vector<std::string> problems = schema_problems(parsed, *form, name);
  if (problems.empty()) return {};
  return input_error(fmt::format("{}", fmt::join(problems, "; ")));
}

}  // namespace baton
