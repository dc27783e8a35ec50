#include <fmt/format.h>

#include "base/text.h"
#include "tool/host_program.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

constexpr std::size_t kMostText = kMostToolText - 1024;

// The configuration of nobody; links and what git ignores left out, `.git` by a glob that comes
// last and so wins over the caller's. ripgrep's own patterns take linear time.
std::vector<std::string> arguments_of(const Arguments& arguments, std::string_view path) {
  std::vector<std::string> argv = {"rg",
                                   "--no-config",
                                   "--no-follow",
                                   "--hidden",
                                   "--no-require-git",
                                   "--no-ignore-parent",
                                   "--no-ignore-global",
                                   "--no-mmap",
                                   "--no-messages",
                                   "--sort=path",
                                   "--color=never",
                                   "--no-heading",
                                   "--with-filename",
                                   "--line-number",
                                   "--max-columns=400",
                                   "--max-columns-preview",
                                   "--max-filesize=16M"};
  if (arguments.flag("ignore_case")) argv.push_back("--ignore-case");
  if (arguments.flag("literal")) argv.push_back("--fixed-strings");
  if (arguments.flag("names_only")) argv.push_back("--files-with-matches");
  if (const std::int64_t context = arguments.number("context", 0); context > 0) {
    argv.push_back(fmt::format("--context={}", context));
  }
  if (arguments.has("files")) argv.push_back(fmt::format("--glob={}", arguments.text("files")));
  argv.push_back("--iglob=!.git");
  argv.push_back(fmt::format("--regexp={}", arguments.text("pattern")));
  argv.push_back("--");
  argv.push_back(fmt::format("./{}", path));
  return argv;
}

// Without the "./" that every line begins with.
std::string lines_of(std::string_view output) {
  std::string text;
  for (std::string_view line : split_lines(output)) {
    if (line.starts_with("./")) line.remove_prefix(2);
    text += line;
    text += '\n';
  }
  return to_utf8(text);
}

ToolResult answer(const HostProgramEnd& end, std::string_view pattern) {
  constexpr int kFoundNothing = 1;
  constexpr int kFailed = 2;
  if (end.how == HostProgramEnd::How::kCancelled) return failed_result("the search was cancelled");
  if (end.how == HostProgramEnd::How::kByItself && end.out.empty()) {
    if (end.status == kFoundNothing) return told(fmt::format("no match for {}", shown(pattern)));
    return failed_result(fmt::format(
        "the search failed: {}",
        end.err.empty() ? "ripgrep said nothing" : program_text(shorten(end.err, 1000))));
  }
  std::string text = lines_of(end.out);
  bool cut = end.how == HostProgramEnd::How::kSaidTooMuch;
  if (text.size() > kMostText) {
    text.resize(kMostText);
    cut = true;
  }
  if (cut) {
    text.resize(text.rfind('\n', text.size() - 1) + 1);  // the last line is not whole
    text += "[there are more: narrow the pattern, `path` or `files`]\n";
  }
  if (end.how == HostProgramEnd::How::kTookTooLong) {
    text += "[the search took too long and was stopped; what it had found is above]\n";
  } else if (end.how == HostProgramEnd::How::kByItself && end.status >= kFailed) {
    text += "[some files could not be read]\n";
  }
  return told(std::move(text));
}

ToolResult search(const Arguments& arguments, const ToolSite& site) {
  const std::string_view pattern = arguments.text("pattern");
  if (pattern.find('\0') != pattern.npos || arguments.text("files").find('\0') != pattern.npos) {
    return failed_result("pattern and files: no NUL can be searched for");
  }
  const Result<WorkspaceEntry> where = site.workspace.entry(arguments.path("path"));
  if (!where) return failed_result("path: " + where.error().message);
  if (where->kind != WorkspaceEntry::Kind::kFile && where->kind != WorkspaceEntry::Kind::kFolder) {
    return failed_result(
        fmt::format("path: {} is neither a file nor a folder", shown(where->path)));
  }
  const Result<HostProgramEnd> end = run_host_program({.argv = arguments_of(arguments, where->path),
                                                       .folder = site.workspace.fd(),
                                                       .most_output = kMostToolText,
                                                       .cancel = site.cancel});
  if (!end) {
    return failed_result(
        fmt::format("cannot search: {} (Debian: apt install ripgrep)", end.error().message));
  }
  return answer(*end, pattern);
}

constexpr ToolForm kForm = {
    .name = "search",
    .description =
        "Searches the files of the workspace for a regular expression (ripgrep's, line by line; no "
        "look-around). Answers PATH:LINE:TEXT, lines of context PATH-LINE-TEXT. Files that git "
        "ignores are left out.",
    .schema =
        R"({"type":"object","properties":{)"
        R"("pattern":{"type":"string","minLength":1,"maxLength":4000},)"
        R"("path":{"type":"string","description":"A file or folder; default: the workspace."},)"
        R"("files":{"type":"string","maxLength":500,"description":"Only files like this: *.cc"},)"
        R"("context":{"type":"integer","minimum":0,"maximum":20,)"
        R"("description":"Lines shown around each match."},)"
        R"("ignore_case":{"type":"boolean"},)"
        R"("literal":{"type":"boolean","description":"The pattern is plain text."},)"
        R"("names_only":{"type":"boolean","description":"Only the files that match."}},)"
        R"("required":["pattern"],"additionalProperties":false})",
    .run = search};

}  // namespace

const Tool& search_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
