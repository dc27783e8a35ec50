#include "app/review_input.h"

#include <fmt/format.h>

#include <filesystem>

#include "intake/intake.h"
#include "report/layout.h"

namespace baton {
namespace {

// The place of what is reviewed: runs from any folder of a repository are the same project's.
std::string project_of(const ReviewOptions& options) {
  if (!options.project.empty()) return options.project;
  return options.tree.empty() ? place_of_repository(options.repo) : place_of(options.tree);
}

Status read_mode(const ReviewOptions& options, RunRequest& request) {
  if (!options.effort.empty() && options.mode == "orchestrate") {
    return usage_error(
        "--effort is of one call alone (--mode direct or auto); a plan's tasks have the efforts "
        "of their types (task_types.toml)");
  }
  request.mode = options.mode;
  request.effort = options.effort;
  return {};
}

}  // namespace

Result<Change> read_input(const ReviewOptions& options) {
  const int given = (options.range.empty() ? 0 : 1) + (options.diff.empty() ? 0 : 1) +
                    (options.tree.empty() ? 0 : 1);
  if (given > 1) return usage_error("give one of a revision range, --diff and --tree");
  if (!options.tree.empty()) return change_from_tree(options.tree);
  if (!options.diff.empty()) {
    const Result<std::string> diff = read_diff(options.diff);
    if (!diff) return diff.error();
    return change_from_diff(*diff, options.diff == "-" ? "standard input" : options.diff,
                            options.repo);
  }
  return change_from_range(options.repo, options.range.empty() ? "HEAD" : options.range);
}

Result<RunRequest> read_options(const ReviewOptions& options) {
  Result<RunRequest> request = read_spend_options(options);
  if (!request) return request;
  if (Status mode = read_mode(options, *request); !mode) return mode.error();
  request->project = project_of(options);
  request->batch = options.batch;
  request->batch_poll = Millis(static_cast<std::int64_t>(options.batch_poll * 1000));
  request->fail_on = options.fail_on;
  return request;
}

std::string what_is_reviewed(const Change& change) {
  return fmt::format("{}: {}, {} added", change.title,
                     counted(std::ssize(change.files), "file", "files"),
                     counted(change.added_lines(), "line", "lines"));
}

}  // namespace baton
