// Text made safe to stand in HTML.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace baton {

// For an element's text and for an attribute in double quotes: well-formed UTF-8 without control
// characters or bidirectional overrides, markup escaped. One line.
std::string html_text(std::string_view text);
// For <script type="application/json">: nothing in it can end the element or begin a comment.
std::string html_json(const boost::json::value& value);
// A source of a Content-Security-Policy that allows this script or style and no other:
// "'sha256-…'".
std::string csp_hash(std::string_view content);

}  // namespace baton
