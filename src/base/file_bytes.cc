#include "base/file_bytes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace baton {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

Fd memory_file(std::string_view bytes) {
  Fd file(::memfd_create("baton", MFD_CLOEXEC));
  const bool made =
      file.ok() && write_all(file.get(), bytes) && ::lseek(file.get(), 0, SEEK_SET) == 0;
  return made ? std::move(file) : Fd();
}

}  // namespace baton
