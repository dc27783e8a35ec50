// Workspace: the one folder whose files a worker's tools may touch. Every path is resolved by the
// kernel below it (openat2 with RESOLVE_BENEATH and without symbolic or magic links): no "..", no
// link and no race leads out of it. `.git` is not there, neither to read nor to write, in any
// spelling that some file system takes for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace baton {

struct WorkspaceEntry {
  enum class Kind { kFile, kFolder, kLink, kOther };
  std::string path;  // relative to the workspace, with '/'
  Kind kind = Kind::kFile;
  std::int64_t bytes = 0;

  bool operator==(const WorkspaceEntry&) const = default;
};

class Workspace {
 public:
  // kUsage if it cannot be opened; kSystem if the kernel has no openat2.
  static Result<Workspace> open(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  // The folder itself, for programs that are to start there.
  int fd() const { return fd_.get(); }

  // What is at `path`: "" and "." are the workspace. kNotFound, kInput (a path that leads out of
  // it). A link is told as one; one on the way to the path is kInput.
  Result<WorkspaceEntry> entry(std::string_view path) const;
  // A regular file, whole. kNotFound, kInput (a folder, a link, larger than `limit`, outside).
  Result<std::string> read(std::string_view path, std::int64_t limit) const;
  // All or nothing: written beside it and renamed over it. Keeps the mode of a file that is
  // replaced; makes folders that are missing. What is written belongs to the folder's owner.
  Status write(std::string_view path, std::string_view bytes) const;
  Status remove(std::string_view path) const;
  // What the folder holds, by name, each folder before what is in it; links are told, never
  // followed. At most `most` entries; what is beyond is not listed, nor what lies deeper than a
  // path can say.
  Result<std::vector<WorkspaceEntry>> list(std::string_view path, bool recursive,
                                           std::size_t most) const;

 private:
  Workspace(std::filesystem::path folder, Fd fd) : folder_(std::move(folder)), fd_(std::move(fd)) {}

  std::filesystem::path folder_;
  Fd fd_;
};

}  // namespace baton
