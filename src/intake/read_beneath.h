// Reads files of a folder without ever leaving it: no symbolic link is followed, on no level, and
// no ".." taken, so that a diff or a repository cannot name a file elsewhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace baton {

struct FileRead {
  enum class Kind {
    kRead,
    kMissing,
    kSymbolicLink,  // it, or a folder on the way to it
    kFolder,
    kTooLarge,  // `size` says how large; nothing was read
    kUnreadable,
  };
  Kind kind = Kind::kUnreadable;
  std::string bytes;
  std::int64_t size = 0;
  std::string why;  // of kUnreadable
};

class Folder {
 public:
  // kUsage if it cannot be opened. `path` itself may be a link: the user named it.
  static Result<Folder> open(const std::filesystem::path& path);

  // `path` is relative to the folder, with '/'. `limit`: in bytes.
  FileRead read(std::string_view path, std::int64_t limit) const;

 private:
  explicit Folder(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace baton
