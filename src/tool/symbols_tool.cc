#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <tuple>

#include "base/json_fields.h"
#include "base/text.h"
#include "tool/host_program.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostOutput = 4 << 20;
constexpr std::size_t kMostText = kMostToolText - 1024;

struct Found {
  std::string path;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string kind;
  std::string name;
};

// One line of `ctags --output-format=json`.
std::optional<Found> found_in(std::string_view line) {
  const Result<json::object> tag = parse_object(line, "a line of ctags");
  if (!tag) return std::nullopt;
  std::string_view path = text_at(*tag, "path");
  if (path.starts_with("./")) path.remove_prefix(2);
  const std::string_view name = text_at(*tag, "name");
  if (name.starts_with("__anon")) return std::nullopt;  // ctags' own name for what has none
  const std::string_view scope = text_at(*tag, "scope");
  Found found{
      .path = shown(path),
      .first = integer_at(*tag, "line").value_or(0),
      .kind = shown(text_at(*tag, "kind")),
      .name = scope.empty() ? shown(name) : fmt::format("{} in {}", shown(name), shown(scope))};
  found.last = std::max(found.first, integer_at(*tag, "end").value_or(0));
  return found;
}

std::string text_of(std::vector<Found> all) {
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return std::tie(a.path, a.first) < std::tie(b.path, b.first);
  });
  std::string text;
  std::size_t told = 0;
  const std::string* file = nullptr;
  for (const Found& one : all) {
    if (text.size() > kMostText) break;
    ++told;
    if (file == nullptr || *file != one.path)
      fmt::format_to(std::back_inserter(text), "{}\n", one.path);
    file = &one.path;
    const std::string lines = one.first == one.last ? fmt::format("{}", one.first)
                                                    : fmt::format("{}-{}", one.first, one.last);
    fmt::format_to(std::back_inserter(text), "  {} {} {}\n", lines, one.kind, one.name);
  }
  if (told < all.size()) {
    text +=
        fmt::format("[the first {} of {} symbols: ask for one file or folder]\n", told, all.size());
  }
  return text;
}

ToolResult symbols(const Arguments& arguments, const ToolSite& site) {
  const Result<WorkspaceEntry> where = site.workspace.entry(arguments.path("path"));
  if (!where) return failed_result("path: " + where.error().message);
  if (where->kind != WorkspaceEntry::Kind::kFile && where->kind != WorkspaceEntry::Kind::kFolder) {
    return failed_result(
        fmt::format("path: {} is neither a file nor a folder", shown(where->path)));
  }
  // --options=NONE: no configuration is read, of nobody; the tree may hold one that runs programs.
  const Result<HostProgramEnd> end =
      run_host_program({.argv = {"ctags", "--options=NONE", "--links=no", "--exclude=.git",
                                 "--exclude=node_modules", "--output-format=json", "--fields=+nesK",
                                 "--sort=no", "-f", "-", "-R", fmt::format("./{}", where->path)},
                        .folder = site.workspace.fd(),
                        .most_output = kMostOutput,
                        .cancel = site.cancel});
  if (!end) {
    return failed_result(
        fmt::format("cannot look for symbols: {} (Debian: apt install "
                    "universal-ctags)",
                    end.error().message));
  }
  if (end->how == HostProgramEnd::How::kCancelled) return failed_result("cancelled");
  if (end->how == HostProgramEnd::How::kByItself && end->status != 0) {
    return failed_result("cannot look for symbols: ctags is not universal-ctags, or failed: " +
                         program_text(shorten(end->err, 1000)));
  }
  std::vector<Found> all;
  for (const std::string_view line : split_lines(end->out)) {
    if (std::optional<Found> one = found_in(line)) all.push_back(*std::move(one));
  }
  if (all.empty()) return told(fmt::format("no symbols in {}", shown(arguments.path("path"))));
  std::string text = text_of(std::move(all));
  if (end->how != HostProgramEnd::How::kByItself) text += "[not all files were looked at]\n";
  return told(std::move(text));
}

constexpr ToolForm kForm = {
    .name = "symbols",
    .description =
        "Lists what a source file or folder defines (functions, classes, …): LINES KIND NAME. "
        "Cheaper than reading the file.",
    .schema = R"({"type":"object","properties":{)"
              R"("path":{"type":"string","description":"A file or folder."}},)"
              R"("required":["path"],"additionalProperties":false})",
    .run = symbols};

}  // namespace

const Tool& symbols_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
