// Intake: what the user points at becomes a Change: a revision range, a diff from elsewhere, a
// tree.
//
// The repository may be hostile: git runs without its hooks, filters, external diffs and pagers,
// and files are opened beneath their folder, never through a symbolic link.
//
// Skipped, with the reason: binary files, files above 1 MiB, whatever comes after 64 MiB in total,
// files with a line above 20,000 characters (minified or generated), submodules, symbolic links,
// changes of nothing but a mode or a name, unreadable files. Texts that are not UTF-8 are converted
// and noted. Deleted files are kept, with their hunks and no text.
//
// Change::map is filled (prompt/repo_map.h). Nothing to review is not an error: the Change then has
// no files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "change/change.h"

namespace baton {

// "A..B", "A...B" (since they parted), or one revision R: what R changed against its first parent.
// kUsage if `repo` is not in a repository, has no commit, or the range names no revision of it.
Result<Change> change_from_range(const std::filesystem::path& repo, std::string_view range);

// The text of a diff: `name` is a file, or "-" for the standard input. kUsage if it cannot be read
// or is larger than 64 MiB.
Result<std::string> read_diff(const std::string& name);

// `name` is how errors and the title call the diff. With `repo`, a file whose lines agree with the
// new side of the diff is read whole from that folder; one that does not agree is noted.
Result<Change> change_from_diff(std::string_view diff, std::string_view name,
                                const std::optional<std::filesystem::path>& repo);

// Every file under `path` (or that one file): in a repository those git tracks or would track,
// elsewhere all but what lies in a ".git". kUsage if the path cannot be read.
Result<Change> change_from_tree(const std::filesystem::path& path);

}  // namespace baton
