#include "report/markdown_text.h"

#include <algorithm>

#include "base/text.h"
#include "report/layout.h"

namespace baton {
namespace {

// Invisible, and enough to keep a host from seeing a mention, an issue number or an address: those
// are looked for after Markdown's own escapes are gone.
constexpr std::string_view kBreak = "\u200B";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t run_of(char c, std::string_view text) {
  const std::size_t end = text.find_first_not_of(c);
  return end == text.npos ? text.size() : end;
}

// Where the code span that `text` begins with ends: behind the next run of as many backticks. npos
// if there is none.
std::size_t code_span_end(std::string_view text) {
  const std::size_t fence = run_of('`', text);
  for (std::size_t at = text.find('`', fence); at != text.npos; at = text.find('`', at)) {
    const std::size_t run = run_of('`', text.substr(at));
    if (run == fence) return at + run;
    at += run;
  }
  return text.npos;
}

// An issue's number or an address.
bool begins_reference(std::string_view rest) {
  return (rest.size() > 1 && rest[0] == '#' && is_digit(rest[1])) || rest.starts_with("//") ||
         rest.starts_with("www.") || rest.starts_with("WWW.");
}

// What no host may see as it is. False, with nothing written, if the character is harmless there.
bool put_neutral(std::string& out, std::string_view rest) {
  const char c = rest.front();
  if (c == '<') {
    out += "&lt;";
  } else if (c == '>') {
    out += "&gt;";
  } else if (c == '&') {
    out += "&amp;";
  } else if (c == '@') {
    out.append(kBreak).append("@").append(kBreak);  // before: an address; behind: a mention
  } else if (begins_reference(rest)) {
    out.append(1, c).append(kBreak);
  } else {
    return false;
  }
  return true;
}

void put_escaped(std::string& out, std::string_view rest) {
  constexpr std::string_view kMarks = "\\`*_[]|~!$^";
  if (put_neutral(out, rest)) return;
  if (kMarks.find(rest.front()) != kMarks.npos) out += '\\';
  out += rest.front();
}

// Escapes what would make a line a heading, a list, a rule or an underline. How much of the line is
// written by that.
std::size_t put_line_start(std::string& out, std::string_view line) {
  constexpr std::string_view kMarks = "#+-=";
  const std::size_t digits = line.find_first_not_of("0123456789");
  if (kMarks.find(line.front()) != kMarks.npos) {
    out += '\\';
  } else if (digits != 0 && digits != line.npos && (line[digits] == '.' || line[digits] == ')')) {
    out.append(line.substr(0, digits)).append(1, '\\');
    return digits;
  }
  return 0;
}

void put_line(std::string& out, std::string_view line, bool keep_code) {
  std::size_t at = put_line_start(out, line);
  while (at < line.size()) {
    const std::string_view rest = line.substr(at);
    const std::size_t end =
        keep_code && rest.front() == '`' ? code_span_end(rest) : std::string_view::npos;
    if (end != rest.npos) {
      const std::size_t fence = run_of('`', rest);
      out += md_code(rest.substr(fence, end - 2 * fence));
      at += end;
    } else if (rest.front() == '`') {
      const std::size_t run = run_of('`', rest);
      for (std::size_t i = 0; i < run; ++i) out += "\\`";
      at += run;
    } else {
      put_escaped(out, rest);
      ++at;
    }
  }
}

}  // namespace

std::string md_prose(std::string_view text) {
  const std::string safe = for_terminal(text);
  std::string out;
  bool blank = false;
  for (const std::string_view raw : split_lines(safe)) {
    const std::string line = one_line(raw);
    if (line.empty()) {
      blank = true;
      continue;
    }
    if (!out.empty()) out += blank ? "\n\n" : "  \n";
    blank = false;
    put_line(out, line, /*keep_code=*/true);
  }
  return out;
}

std::string md_cell(std::string_view text) {
  const std::string line = one_line(text);
  std::string out;
  if (!line.empty()) put_line(out, line, /*keep_code=*/false);
  return out;
}

std::string md_html(std::string_view text) {
  const std::string line = one_line(text);
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!put_neutral(out, std::string_view(line).substr(at))) out += line[at];
  }
  return out;
}

std::string md_code(std::string_view text) {
  const std::string line = one_line(text);
  std::size_t longest = 0;
  for (std::size_t at = line.find('`'); at != line.npos; at = line.find('`', at)) {
    const std::size_t run = run_of('`', std::string_view(line).substr(at));
    longest = std::max(longest, run);
    at += run;
  }
  const std::string fence(longest + 1, '`');
  const bool pad = line.empty() || line.front() == '`' || line.back() == '`';
  const std::string_view space = pad ? " " : "";
  return std::string(fence).append(space).append(line).append(space).append(fence);
}

}  // namespace baton
