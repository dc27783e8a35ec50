#include "tool/tool_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace baton {
namespace {

constexpr std::size_t kShown = 160;

bool inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// At most `most` bytes of its beginning: whole lines if the last one is not too long.
std::string_view head(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  const std::size_t line = text.rfind('\n', most);
  if (line != text.npos && line > most / 2) return text.substr(0, line);
  while (most > 0 && inside_character(text, most)) --most;
  return text.substr(0, most);
}

std::string_view tail(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t from = text.size() - most;
  const std::size_t line = text.find('\n', from);
  if (line != text.npos && line - from < most / 2) return text.substr(line + 1);
  while (inside_character(text, from)) ++from;
  return text.substr(from);
}

// Where the escape sequence that begins at `at` ends (ECMA-48): a CSI, an OSC, or two characters.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
  ++at;
  if (at >= text.size()) return at;
  const char kind = text[at++];
  if (kind == '[') {
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x40) ++at;
    return std::min(at + 1, text.size());
  }
  if (kind == ']') {
    constexpr std::size_t kLongest = 4096;
    const std::size_t limit = std::min(text.size(), at + kLongest);
    for (std::size_t end = at; end < limit; ++end) {
      if (text[end] == '\a') return end + 1;
      if (text[end] == '\x1b') return std::min(end + 2, text.size());
    }
  }
  return at;
}

std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\x1b') {
      at = end_of_escape(text, at);
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shown(std::string_view text) {
  std::string line = for_terminal(shorten(text, kShown));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

bool is_binary(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") ||
         bytes.find('\0') != bytes.npos;
}

std::string program_text(std::string_view bytes) {
  const std::string plain = without_escapes(bytes);
  std::string text;
  text.reserve(plain.size());
  std::string_view rest = plain;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (const std::size_t over = line.rfind('\r'); over != line.npos) line.remove_prefix(over + 1);
    text += line;
    if (end != rest.npos) text += '\n';
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return for_terminal(text);
}

std::string both_ends(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const std::string_view first = head(text, most / 2);
  const std::string_view last = tail(text.substr(first.size()), most / 2);
  return fmt::format("{}\n[… {} bytes left out …]\n{}", first,
                     text.size() - first.size() - last.size(), last);
}

std::string tail_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const std::string_view last = tail(text, most);
  return fmt::format("[… {} bytes left out …]\n{}", text.size() - last.size(), last);
}

}  // namespace baton
