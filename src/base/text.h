// Text from outside (files, models, programs) made safe to carry, to count and to show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

// Well-formed UTF-8: each byte that does not belong to a character becomes U+FFFD.
std::string to_utf8(std::string_view bytes);

// What may go to a terminal: well-formed UTF-8 without control characters (C0 but tab and newline,
// DEL, C1) and without the bidirectional overrides that make text read other than it is. Each such
// character becomes U+FFFD, so an escape sequence a model wrote shows as text and does nothing.
std::string for_terminal(std::string_view text);

// The lines without their ends ("\n" or "\r\n"). A last line without an end counts; an empty text
// has none.
std::vector<std::string_view> split_lines(std::string_view text);

// At most `limit` bytes, cut between characters, with "…" where something was cut.
std::string shorten(std::string_view text, std::size_t limit);

}  // namespace baton
