// Reading a JSON request without trusting it: a missing or mistyped field reads as empty.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::mock_api {

const boost::json::object* object_at(const boost::json::object& object, std::string_view key);
const boost::json::array* array_at(const boost::json::object& object, std::string_view key);
std::string_view string_at(const boost::json::object& object, std::string_view key);
std::optional<std::int64_t> integer_at(const boost::json::object& object, std::string_view key);
bool true_at(const boost::json::object& object, std::string_view key);

// The schema the answer must follow: output_config.format.schema, or the older output_format.
const boost::json::value* output_schema(const boost::json::object& body);
// "high", but "medium" for the models that changed it.
std::string_view default_effort(const boost::json::object& body);

}  // namespace baton::mock_api
