#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "tool/patch.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"
#include "tool/workspace_path.h"

namespace baton {
namespace {

constexpr std::int64_t kLargestFile = 16 << 20;
constexpr std::size_t kMostBytes = 128 << 20;  // of all files together: they are held in memory

using Contents = std::optional<std::string>;  // none: there is no such file

// What the patch makes of the workspace, before anything is written: every file it touches as it
// was and as it shall be.
class PatchPlan {
 public:
  explicit PatchPlan(const Workspace& workspace) : workspace_(workspace) {}

  Status add(const FilePatch& patch) {
    const std::string& name = patch.new_path.empty() ? patch.old_path : patch.new_path;
    Status added = add_file(patch);
    if (added) return {};
    return input_error(fmt::format("{}: {}", shown(name), added.error().message));
  }

  // All or nothing.
  Status write() {
    std::vector<std::string> done;
    for (const auto& [path, contents] : after_) {
      done.push_back(path);
      const Status put = put_file(path, contents);
      if (put) continue;
      for (const std::string& one : done) (void)put_file(one, before_.at(one)).ok();
      return put;
    }
    return {};
  }

  const std::vector<std::string>& words() const { return words_; }

 private:
  Status add_file(const FilePatch& patch) {
    Result<std::string> old_path = path_of(patch.old_path);
    Result<std::string> new_path = path_of(patch.new_path);
    if (!old_path) return old_path.error();
    if (!new_path) return new_path.error();
    const Result<Contents> text = old_path->empty() ? Contents("") : now(*old_path);
    if (!text) return text.error();
    if (!*text) return not_found("there is no such file");
    if (is_binary(**text)) return input_error("is binary and cannot be patched");
    if (*old_path != *new_path && !new_path->empty()) {
      const Result<Contents> there = now(*new_path);
      if (!there) return there.error();
      if (*there) return input_error("is there already, though the patch makes it anew");
    }
    Result<Patched> patched = apply_patch(**text, patch);
    if (!patched) return patched.error();
    if (new_path->empty() && !patched->text.empty()) {
      return input_error("the patch deletes the file, but not all of its lines");
    }
    say(*old_path, *new_path, *patched);
    if (!old_path->empty()) after_[*old_path] = std::nullopt;
    if (!new_path->empty()) after_[*new_path] = std::move(patched->text);
    return {};
  }

  static Result<std::string> path_of(const std::string& path) {
    if (path.empty()) return std::string();
    Result<std::string> clean = workspace_path(path);
    if (clean && clean->empty()) return input_error("is not a file");
    return clean;
  }

  // As it is after what was added so far.
  Result<Contents> now(const std::string& path) {
    if (const auto planned = after_.find(path); planned != after_.end()) return planned->second;
    Result<std::string> bytes = workspace_.read(path, kLargestFile);
    if (!bytes && bytes.error().kind != ErrorKind::kNotFound) return bytes.error();
    Contents contents = bytes ? Contents(*std::move(bytes)) : std::nullopt;
    bytes_ += contents ? contents->size() : 0;
    if (bytes_ > kMostBytes) {
      return input_error(
          fmt::format("the files of the patch have more than {} MiB together", kMostBytes >> 20));
    }
    before_[path] = contents;
    return contents;
  }

  void say(const std::string& old_path, const std::string& new_path, const Patched& patched) {
    std::string line;
    if (old_path.empty()) {
      line = fmt::format("wrote {}", shown(new_path));
    } else if (new_path.empty()) {
      line = fmt::format("deleted {}", shown(old_path));
    } else if (old_path == new_path) {
      line =
          fmt::format("patched {}: {}", shown(new_path), counted(patched.offsets.size(), "hunk"));
    } else {
      line = fmt::format("renamed {} to {}", shown(old_path), shown(new_path));
    }
    for (const int offset : patched.offsets) {
      if (offset != 0) line += fmt::format(", one found {:+} lines away", offset);
    }
    words_.push_back(std::move(line));
  }

  Status put_file(const std::string& path, const Contents& contents) {
    if (contents) return workspace_.write(path, *contents);
    Status removed = workspace_.remove(path);
    if (!removed && removed.error().kind == ErrorKind::kNotFound) return {};
    return removed;
  }

  const Workspace& workspace_;
  std::size_t bytes_ = 0;
  std::map<std::string, Contents> before_;
  std::map<std::string, Contents> after_;
  std::vector<std::string> words_;
};

ToolResult refused(const Error& error) {
  return failed_result("nothing was changed: " + error.message);
}

ToolResult patch(const Arguments& arguments, const ToolSite& site) {
  const std::string_view text = arguments.text("patch");
  const Result<std::vector<FilePatch>> files = read_patch(text);
  if (!files) return refused(files.error());
  PatchPlan plan(site.workspace);
  for (const FilePatch& file : *files) {
    if (Status added = plan.add(file); !added) return refused(added.error());
  }
  if (Status written = plan.write(); !written) return refused(written.error());
  std::string told = fmt::format("{}\n", fmt::join(plan.words(), "\n"));
  if (text.find("\nnew mode ") != text.npos || text.find("\nnew file mode 100755") != text.npos) {
    told += "[file modes are not taken from patches: use chmod in the shell]\n";
  }
  return told_change(std::move(told));
}

constexpr ToolForm kForm = {
    .name = "patch",
    .description =
        "Applies a unified diff to one or several files, all of it or nothing. Each file begins "
        "with "
        "--- a/path and +++ b/path (/dev/null: new or deleted), each hunk with @@ -LINE,COUNT "
        "+LINE,COUNT @@; every line of a hunk begins with a space, - or +. Context must match "
        "exactly.",
    .schema = R"({"type":"object","properties":{"patch":{"type":"string","minLength":1}},)"
              R"("required":["patch"],"additionalProperties":false})",
    .changes = true,
    .run = patch};

}  // namespace

const Tool& patch_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
