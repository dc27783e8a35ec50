// JSON as our reports write it: indented by two, numbers as short as they are exact.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"

namespace baton {

// Ends with a newline.
std::string pretty_json(const boost::json::value& value);

// A text from outside, made well-formed UTF-8.
boost::json::value json_text(std::string_view text);
// The same; null for an empty one.
boost::json::value json_text_or_null(std::string_view text);
boost::json::array json_texts(const std::vector<std::string>& texts);
// Exact: "0.0421".
boost::json::value json_dollars(Money money);
boost::json::value json_dollars_or_null(const std::optional<Money>& money);

}  // namespace baton
