#include "sandbox/limits.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "sandbox/start.h"

namespace baton {
namespace {

constexpr rlim_t kMostOpenFiles = 1024;

struct Limit {
  __rlimit_resource which;
  rlim_t most;
  const char* name;
};

// Whose limits one may set is decided by real ids, and a root in a container may lack the right to
// set everybody's. This thread alone has the sandbox user's for a moment; its effective ids, and so
// its rights, stay as they are.
class RealIds {
 public:
  explicit RealIds(bool changed) : changed_(changed) {
    if (changed_) set(kSandboxUser, kSandboxUser);
  }
  RealIds(const RealIds&) = delete;
  RealIds& operator=(const RealIds&) = delete;
  ~RealIds() {
    if (changed_) set(user_, group_);
  }

 private:
  // Not by glibc, which changes the ids of all threads.
  static void set(uid_t user, gid_t group) {
    BATON_CHECK(::syscall(SYS_setresgid, group, -1, -1) == 0);
    BATON_CHECK(::syscall(SYS_setresuid, user, -1, -1) == 0);
  }

  const uid_t user_ = ::getuid();
  const gid_t group_ = ::getgid();
  const bool changed_;
};

// Never above what we have ourselves: raising a hard limit is not ours to do.
bool lower(pid_t process, const Limit& limit) {
  rlimit now = {};
  if (::prlimit(process, limit.which, nullptr, &now) != 0) return false;
  const rlim_t most = std::min(now.rlim_max, limit.most);
  const rlimit wanted = {most, most};
  return ::prlimit(process, limit.which, &wanted, nullptr) == 0;
}

}  // namespace

Status set_limits(pid_t process, const SandboxJob& job) {
  const std::array<Limit, 4> limits = {{
      {RLIMIT_CORE, 0, "core files"},
      {RLIMIT_FSIZE, job.file_limit, "the size of files"},
      {RLIMIT_NOFILE, kMostOpenFiles, "open files"},
      // Counted in the sandbox's own user namespace: the user's other processes are not in it.
      {RLIMIT_NPROC, static_cast<rlim_t>(job.process_limit), "processes"},
  }};
  const RealIds ids(started_by_root());
  for (const Limit& limit : limits) {
    if (lower(process, limit)) continue;
    return system_error(fmt::format("cannot limit {} of a sandbox: {}; it was not started",
                                    limit.name, std::strerror(errno)));
  }
  // When the machine runs out of memory, this goes first. Asking for it is anybody's right.
  std::ofstream(fmt::format("/proc/{}/oom_score_adj", process)) << "1000";
  return {};
}

}  // namespace baton
