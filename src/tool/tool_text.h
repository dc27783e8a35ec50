// Texts for models: bounded, valid, counted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace baton {

// "1 line", "12 lines".
std::string counted(std::size_t count, std::string_view noun);

// A name or text from outside, as one short line.
std::string shown(std::string_view text);

// Whether it is no text: a NUL, or UTF-16.
bool is_binary(std::string_view bytes);

// What a program wrote for a terminal, as text: UTF-8, without escape sequences and other control
// characters; of a line that was written over with "\r", what was seen last.
std::string program_text(std::string_view bytes);

// The beginning and the end of a text that is longer than `most` bytes, with what was left out
// counted between them; cut at lines where that is possible.
std::string both_ends(std::string_view text, std::size_t most);

// Its end alone.
std::string tail_of(std::string_view text, std::size_t most);

}  // namespace baton
