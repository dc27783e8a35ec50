#include "store/run_lease.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/file.h"

namespace baton {
namespace {

class FileLease : public RunLease {
 public:
  explicit FileLease(Fd file) : file_(std::move(file)) {}

 private:
  Fd file_;  // closing it unlocks; the file stays, since removing it would race with a lock
};

// Empty if the holder has locked the file, but not yet written its pid.
std::string pid_in(const std::filesystem::path& file) {
  constexpr std::size_t kLongestPid = 20;
  std::string text = read_beginning(file, kLongestPid).value_or("");
  return text.substr(0, text.find_first_not_of("0123456789"));
}

}  // namespace

Result<std::unique_ptr<RunLease>> lock_run(const std::filesystem::path& leases, const RunId& run) {
  if (!is_run_name(run)) return not_found(fmt::format("'{}' is not the name of a run", run));
  const std::filesystem::path path = leases / run;
  Result<Fd> file = open_private_file(path);
  if (!file) return file.error();

  if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return storage_error(
          fmt::format("locking {}: {}; the state folder must be on a file system "
                      "that knows locks",
                      path.string(), std::strerror(errno)));
    }
    const std::string pid = pid_in(path);
    return Error{ErrorKind::kBusy,
                 fmt::format("run {} is being driven by process {}: wait for it or stop it", run,
                             pid.empty() ? "(just starting)" : pid)};
  }
  // The pid is for people: the lock alone decides, so a pid that could not be written is no
  // failure.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file->get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file->get(), pid.data(), pid.size(), 0);
  }
  return std::unique_ptr<RunLease>(std::make_unique<FileLease>(std::move(*file)));
}

}  // namespace baton
