#include <fmt/format.h>

#include <vector>

#include "tool/near_miss.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::int64_t kLargestFile = 16 << 20;
constexpr std::size_t kLargestResult = 64 << 20;
constexpr std::size_t kMostListed = 10;

std::vector<std::size_t> places_of(std::string_view wanted, std::string_view text) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(wanted); at != text.npos;
       at = text.find(wanted, at + wanted.size())) {
    places.push_back(at);
  }
  return places;
}

// The lines on which they are; each once.
std::vector<std::size_t> lines_of(const std::vector<std::size_t>& places, std::string_view text) {
  std::vector<std::size_t> lines;
  std::size_t line = 1;
  std::size_t counted_to = 0;
  for (const std::size_t place : places) {
    for (; counted_to < place; ++counted_to) line += text[counted_to] == '\n' ? 1 : 0;
    if (lines.empty() || lines.back() != line) lines.push_back(line);
    if (lines.size() == kMostListed) break;
  }
  return lines;
}

std::string with_returns(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

std::string replaced(std::string_view text, const std::vector<std::size_t>& places,
                     std::size_t length, std::string_view by) {
  std::string out;
  std::size_t done = 0;
  for (const std::size_t place : places) {
    out.append(text, done, place - done).append(by);
    done = place + length;
  }
  return out.append(text, done);
}

ToolResult edit(const Arguments& arguments, const ToolSite& site) {
  const std::string_view path = arguments.path("path");
  std::string old_text(arguments.text("old_text"));
  std::string new_text(arguments.text("new_text"));
  if (old_text == new_text) {
    return failed_result("old_text and new_text are the same: nothing to do");
  }
  const Result<std::string> text = site.workspace.read(path, kLargestFile);
  if (!text) return failed_result("cannot edit: " + text.error().message);
  std::vector<std::size_t> places = places_of(old_text, *text);
  if (places.empty() && text->find("\r\n") != text->npos) {
    // Line ends are not shown by read.
    old_text = with_returns(old_text);
    new_text = with_returns(new_text);
    places = places_of(old_text, *text);
  }
  if (places.empty()) {
    return failed_result(fmt::format("{} does not contain old_text; nothing was changed. {}",
                                     shown(path), near_miss(*text, arguments.text("old_text"))));
  }
  const std::string lines = fmt::format("{}", fmt::join(lines_of(places, *text), ", "));
  if (places.size() > 1 && !arguments.flag("all")) {
    return failed_result(
        fmt::format("old_text is in {} {} times (lines {}{}); nothing was changed. Give more of "
                    "the text around "
                    "the one you mean, or set all to true.",
                    shown(path), places.size(), lines, places.size() > kMostListed ? ", …" : ""));
  }
  if (places.size() > kLargestResult / (new_text.size() + 1)) {
    return failed_result(fmt::format(
        "nothing was changed: {} replacements by {} would make {} "
        "larger than {} MiB",
        places.size(), counted(new_text.size(), "byte"), shown(path), kLargestResult >> 20));
  }
  const Status written =
      site.workspace.write(path, replaced(*text, places, old_text.size(), new_text));
  if (!written) return failed_result(written.error().message);
  return told_change(fmt::format("edited {}: {} replaced (line {})", shown(path),
                                 counted(places.size(), "place"), lines));
}

constexpr ToolForm kForm = {
    .name = "edit",
    .description =
        "Replaces old_text by new_text in a file. old_text must be in the file exactly once, "
        "letter "
        "by letter with its white space, without the line numbers that read shows; or, with all, "
        "at "
        "least once.",
    .schema = R"({"type":"object","properties":{)"
              R"("path":{"type":"string"},)"
              R"("old_text":{"type":"string","minLength":1},)"
              R"("new_text":{"type":"string"},)"
              R"("all":{"type":"boolean","description":"Replace it wherever it is."}},)"
              R"("required":["path","old_text","new_text"],"additionalProperties":false})",
    .changes = true,
    .run = edit};

}  // namespace

const Tool& edit_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
