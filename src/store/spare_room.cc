#include "store/spare_room.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <limits>

#include "base/fd.h"

namespace baton {

std::uint64_t free_space(const std::filesystem::path& folder) {
  struct statvfs disk = {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

void SpareRoom::load() {
  if (free_(folder_) < kRoomToBegin + kBallast) return;
  const Fd file(::open(ballast().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) return;  // it is there
  // Without it there is less to fall back upon, and nothing is wrong.
  if (::posix_fallocate(file.get(), 0, static_cast<off_t>(kBallast)) != 0) drop();
}

bool SpareRoom::drop() {
  return ::unlink(ballast().c_str()) == 0;
}

}  // namespace baton
