// JSON Schema, the part of it that tools and answers use: type (one or several), enum, const,
// properties, required, additionalProperties (false, or a schema), items, minItems, maxItems,
// minLength, maxLength, minimum, maximum, anyOf. Other keywords restrict nothing here.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

// What is wrong with `value`, in words that name the place and what was expected there
// ("steps[2].path: expected text, got 7"); the first few. Empty: nothing. `name` is how the value
// itself is called, and may be empty.
std::vector<std::string> schema_problems(const boost::json::value& value,
                                         const boost::json::object& schema, std::string_view name);

// The same for texts. kInput if `value` is not JSON or has problems. Requires: schema is a JSON
// object.
Status check_schema(std::string_view value, std::string_view schema, std::string_view name);

}  // namespace baton
