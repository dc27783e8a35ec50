// Laying out text for people: lines of a width, columns, numbers and plurals. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

// Text from outside as one line that is safe to show: control characters gone (see for_terminal),
// every run of white space one space, none at the ends.
std::string one_line(std::string_view text);

// How many columns it takes: characters, not bytes. (Wide characters count as one.)
int columns_of(std::string_view text);

// `text` in lines of at most `width` columns, each with `indent` spaces before it and "\n" behind.
// Lines of `text` stay apart, blank ones between them too; a word that does not fit stands whole on
// a line of its own, so that a path or an address can be copied. Control characters are made
// harmless. Empty if there is nothing but space.
std::string wrapped(std::string_view text, int width, int indent);
// The same with `head` in place of the first line's indent. Requires: head takes `indent` columns.
std::string hanging(std::string_view head, std::string_view text, int width, int indent);

// Filled with spaces to `width` columns; what is longer stays as it is.
std::string left(std::string_view text, int width);
std::string right(std::string_view text, int width);

// "1 finding", "0 findings", "1,200 findings".
std::string counted(std::int64_t count, std::string_view one, std::string_view many);
// "1,234,567".
std::string grouped(std::int64_t number);

}  // namespace baton
