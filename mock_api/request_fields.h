// What several parts of the stand-in ask of a request's body.
#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

namespace baton::mock_api {

// The schema the answer must follow: output_config.format.schema, or the older output_format.
const boost::json::value* output_schema(const boost::json::object& body);
// "high", but "medium" for the models that changed it.
std::string_view default_effort(const boost::json::object& body);

}  // namespace baton::mock_api
