#include "base/json_string.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace baton {
namespace {

// What stands for each byte: 0 for itself, 'u' for \u00XX, another letter for \letter.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t control = 0; control < 0x20; ++control) table[control] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

// Whether all of eight bytes stand for themselves: no control character, quote or backslash.
bool all_plain(std::uint64_t eight) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const auto any_below = [](std::uint64_t bytes, std::uint64_t limit) {
    return ((bytes - limit * kEach) & ~bytes & (0x80 * kEach)) != 0;
  };
  return !any_below(eight, ' ') && !any_below(eight ^ ('"' * kEach), 1) &&
         !any_below(eight ^ ('\\' * kEach), 1);
}

// Where the next byte stands, from `at` on, that does not stand for itself.
std::size_t next_escaped(std::string_view text, std::size_t at) {
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (!all_plain(eight)) break;
  }
  while (at < text.size() && kEscapes[static_cast<unsigned char>(text[at])] == 0) ++at;
  return at;
}

void append_escaped(std::string& out, std::string_view text) {
  std::size_t copied = 0;
  for (std::size_t at = next_escaped(text, 0); at < text.size(); at = next_escaped(text, copied)) {
    const auto byte = static_cast<unsigned char>(text[at]);
    out.append(text, copied, at - copied);
    copied = at + 1;
    if (kEscapes[byte] == 'u') {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += '\\';
      out += kEscapes[byte];
    }
  }
  out.append(text, copied);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_utf8(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, to_utf8(text));
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace baton
