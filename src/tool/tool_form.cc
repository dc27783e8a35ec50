#include "tool/tool_form.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/check.h"
#include "base/json_fields.h"
#include "tool/json_schema.h"

namespace baton {

namespace json = boost::json;

Result<Arguments> Arguments::read(std::string_view input, std::string_view schema) {
  Result<json::object> object = parse_object(input, "the input");
  if (!object) return object.error();
  // Some models write null for what they leave out.
  for (auto member = object->begin(); member != object->end();) {
    member = member->value().is_null() ? object->erase(member) : member + 1;
  }
  const Result<json::object> form = parse_object(schema, "the schema");
  BATON_CHECK(form.ok());
  const json::value value = *std::move(object);
  const std::vector<std::string> problems = schema_problems(value, *form, "");
  if (!problems.empty()) return input_error(fmt::format("{}", fmt::join(problems, "; ")));
  return Arguments(std::make_shared<const json::object>(value.get_object()));
}

bool Arguments::has(std::string_view name) const {
  return value_at(*object_, name) != nullptr;
}

std::string_view Arguments::text(std::string_view name) const {
  return text_at(*object_, name);
}

std::int64_t Arguments::number(std::string_view name, std::int64_t otherwise) const {
  return integer_at(*object_, name).value_or(otherwise);
}

bool Arguments::flag(std::string_view name) const {
  return bool_at(*object_, name).value_or(false);
}

std::string_view Arguments::path(std::string_view name) const {
  constexpr std::string_view kSeen = "/workspace";
  std::string_view path = text(name);
  if (path == kSeen) return ".";
  if (path.starts_with(kSeen) && path[kSeen.size()] == '/') {
    path.remove_prefix(kSeen.size() + 1);
    if (path.empty()) return ".";
  }
  return path;
}

ToolResult FormedTool::run(std::string_view input, const ToolSite& site) const {
  const Result<Arguments> arguments = Arguments::read(input, form_.schema);
  if (!arguments) {
    return failed_result(fmt::format("{} was not run: {}", form_.name, arguments.error().message));
  }
  return form_.run(*arguments, site);
}

}  // namespace baton
