#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::int64_t kLargestFile = 16 << 20;
constexpr std::size_t kMostText = 28 << 10;  // leaves room for what is said beside the lines
constexpr std::size_t kLongestLine = 600;
constexpr std::size_t kMostLines = 1000;

std::string line_text(std::string_view line) {
  if (line.size() <= kLongestLine) return to_utf8(line);
  return fmt::format("{} [the line goes on for {} bytes]", to_utf8(shorten(line, kLongestLine)),
                     line.size() - kLongestLine);
}

// What is said behind the lines shown, if not all were.
std::string rest_note(std::size_t first, std::size_t next, std::size_t lines) {
  if (first == 1 && next > lines) return "";
  std::string note = fmt::format("[lines {}-{} of {}", first, next - 1, lines);
  if (next <= lines) note += fmt::format("; go on with first_line {}", next);
  return note + "]\n";
}

ToolResult read(const Arguments& arguments, const ToolSite& site) {
  const std::string_view path = arguments.path("path");
  const Result<std::string> bytes = site.workspace.read(path, kLargestFile);
  if (!bytes) return failed_result("cannot read: " + bytes.error().message);
  if (bytes->empty()) return told(fmt::format("{} is empty", shown(path)));
  if (is_binary(*bytes)) {
    return failed_result(
        fmt::format("{} is binary ({} bytes): it is not shown", shown(path), bytes->size()));
  }
  const std::vector<std::string_view> lines = split_lines(*bytes);
  const auto first = static_cast<std::size_t>(arguments.number("first_line", 1));
  const auto wanted = static_cast<std::size_t>(
      arguments.number("last_line", static_cast<std::int64_t>(lines.size())));
  if (first > lines.size() || wanted < first) {
    return failed_result(fmt::format("no lines {}-{}: {} has {}", first, wanted, shown(path),
                                     counted(lines.size(), "line")));
  }
  const std::size_t last = std::min({wanted, lines.size(), first + kMostLines - 1});
  std::string text;
  std::size_t next = first;
  for (; next <= last && text.size() < kMostText; ++next) {
    fmt::format_to(std::back_inserter(text), "{}\t{}\n", next, line_text(lines[next - 1]));
  }
  text += rest_note(first, next, lines.size());
  if (!is_utf8(*bytes)) text += "[not UTF-8: each byte that is no character is shown as U+FFFD]\n";
  return told(std::move(text));
}

constexpr ToolForm kForm = {
    .name = "read",
    .description =
        "Reads a text file. Lines come as NUMBER<tab>TEXT; the number and the tab are not part of "
        "the file. At most 1000 lines at once: give a range to read on, or to read only what you "
        "need.",
    .schema = R"({"type":"object","properties":{)"
              R"("path":{"type":"string","description":"Relative to the workspace."},)"
              R"("first_line":{"type":"integer","minimum":1},)"
              R"("last_line":{"type":"integer","minimum":1}},)"
              R"("required":["path"],"additionalProperties":false})",
    .run = read};

}  // namespace

const Tool& read_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
