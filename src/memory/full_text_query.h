// What full-text search is asked, made from any text: nothing in it is an operator.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// Any of its words, each quoted: "alpha" OR "beta". At most 64 different ones. Empty: it has none.
std::string full_text_query(std::string_view text);

}  // namespace baton
