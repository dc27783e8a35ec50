// Fields of JSON that somebody else wrote, read without trusting that they are there or have their
// type: what is not as promised reads as nothing.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

// Of an object; of anything else, and of null, there are none. So reads can be chained:
// text_at(object_at(event, "delta"), "type").
class JsonFields {
 public:
  JsonFields(const boost::json::object& object) : object_(&object) {}
  JsonFields(const boost::json::object* object) : object_(object) {}
  JsonFields(const boost::json::value& value);
  JsonFields(const boost::json::value* value);

  const boost::json::object* object() const { return object_; }

 private:
  const boost::json::object* object_;
};

// Null if it is absent or JSON's null.
const boost::json::value* value_at(JsonFields fields, std::string_view key);
const boost::json::object* object_at(JsonFields fields, std::string_view key);
const boost::json::array* array_at(JsonFields fields, std::string_view key);
// Empty unless it is a string; lives as long as what it was read from.
std::string_view text_at(JsonFields fields, std::string_view key);
// A whole number, also one that is written as 3.0.
std::optional<std::int64_t> integer_at(JsonFields fields, std::string_view key);
std::optional<bool> bool_at(JsonFields fields, std::string_view key);

// Of an array: its strings, its objects; elements of another type are passed over.
std::vector<std::string> texts_at(JsonFields fields, std::string_view key);
void each_object_at(JsonFields fields, std::string_view key,
                    const std::function<void(const boost::json::object&)>& see);

// kInput, beginning with `what` ("the answer"), unless `text` is one JSON object.
Result<boost::json::object> parse_object(std::string_view text, std::string_view what);

}  // namespace baton
