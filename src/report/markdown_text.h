// Text from outside made safe to stand in Markdown that a code host renders: it shows as it was
// written, and nothing in it is HTML, an image, a link, a mention or a heading of ours.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// Running text; its code spans stay code. Several lines stay several.
std::string md_prose(std::string_view text);
// The same as one line, fit for a table cell.
std::string md_cell(std::string_view text);
// For inside an HTML tag, where Markdown's own escapes would show. One line.
std::string md_html(std::string_view text);
// A code span whatever is in it, backticks included. One line.
std::string md_code(std::string_view text);

}  // namespace baton
