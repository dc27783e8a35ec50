// Why a text that was to be replaced is not there: the place that was probably meant.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// For the model: a place where only white space differs, or where the beginning is the same and
// which line then is not. "" if there is nothing like it. Requires: `wanted` is not in `text`.
std::string near_miss(std::string_view text, std::string_view wanted);

}  // namespace baton
