// JSON Schema, as far as structured output takes it: references, and whether a value fits.
#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

namespace baton::mock_api {

// "#/$defs/name" within `root`; null if it leads nowhere.
const boost::json::value* resolve_reference(const boost::json::value& root,
                                            std::string_view reference);

// Whether `value` fits `schema`, for the keywords refusal_of_schema lets pass.
bool fits(const boost::json::value& root, const boost::json::value& schema,
          const boost::json::value& value);

}  // namespace baton::mock_api
