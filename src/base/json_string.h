// Strings as JSON writes them.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// Appends `text` with its quotes, escaped as RFC 8259 asks. What is not UTF-8 is made so first.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace baton
