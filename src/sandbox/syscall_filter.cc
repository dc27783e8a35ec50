#include "sandbox/syscall_filter.h"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>

#include "base/fd.h"

namespace baton {
namespace {

// What programs, compilers and interpreters need. Everything else answers ENOSYS, which is what
// programs that try a newer call first expect.
constexpr const char* kAllowed = R"(
  accept accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown chown32
  clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
  clock_nanosleep_time64 clone close close_range connect copy_file_range creat dup dup2 dup3
  epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve
  execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod
  fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock
  fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
  futex futex_time64 futex_waitv futimesat get_mempolicy get_robust_list get_thread_area getcpu
  getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
  getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
  getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid
  gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch ioctl ioprio_get ioprio_set kill lchown lchown32 lgetxattr link linkat listen
  listxattr llistxattr lremovexattr lseek _llseek lsetxattr lstat lstat64 madvise mbind membarrier
  memfd_create mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect
  mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgget msgrcv
  msgsnd msync munlock munlockall munmap nanosleep newfstatat _newselect open openat openat2 pause
  personality pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll
  ppoll_time64 prctl pread64 preadv preadv2 prlimit64 pselect6 pselect6_time64 pwrite64 pwritev
  pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmsg removexattr
  rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
  rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
  sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
  sched_setscheduler sched_yield select semctl semget semop semtimedop send sendfile sendfile64
  sendmmsg sendmsg sendto set_mempolicy set_robust_list set_thread_area set_tid_address
  set_tls setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid
  setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl shmdt shmget shutdown
  sigaltstack signalfd signalfd4 sigprocmask sigreturn socket socketpair splice stat stat64 statfs
  statfs64 statx symlink symlinkat sync_file_range sysinfo tee tgkill time timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times
  tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat utime utimensat
  utimensat_time64 utimes vfork wait4 waitid waitpid write writev sync syncfs
)";

// These answer EPERM, not ENOSYS: a person or a model that reads the error is told the truth.
constexpr const char* kForbidden = R"(
  add_key bpf chroot fsconfig fsmount fsopen fspick init_module finit_module delete_module
  io_uring_enter io_uring_register io_uring_setup keyctl kexec_file_load kexec_load mount
  mount_setattr move_mount open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
  process_madvise process_vm_readv process_vm_writev ptrace quotactl reboot request_key setns
  settimeofday clock_settime sethostname setdomainname swapoff swapon syslog umount umount2 unshare
  userfaultfd acct kcmp name_to_handle_at fanotify_init seccomp
)";

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

Filter new_filter(std::uint32_t otherwise) {
  Filter filter(seccomp_init(otherwise));
  // Calls of another architecture (32 bit, x32) have numbers of their own: none is known to us.
  if (filter) seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  // A tree: a call costs the same wherever it stands in the list.
  if (filter) seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  return filter;
}

// A name that this architecture, or this libseccomp, does not have is no call that could be made.
bool add_all(const Filter& filter, std::uint32_t action, const char* names) {
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number < 0) continue;
    if (seccomp_rule_add(filter.get(), action, number, 0) != 0) return false;
  }
  return true;
}

// libseccomp's own macros for this are C99.
scmp_arg_cmp argument(unsigned number, scmp_compare relation, scmp_datum_t datum,
                      scmp_datum_t masked = 0) {
  return {.arg = number, .op = relation, .datum_a = datum, .datum_b = masked};
}

bool forbid(const Filter& filter, int call, scmp_arg_cmp use) {
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 1, &use) == 0;
}

// The upper half of these arguments is not looked at by the kernel, so it is not by the filter.
constexpr scmp_datum_t kLowHalf = 0xffffffff;

bool forbid_namespaces(const Filter& filter) {
  for (const int flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC,
                         CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    const auto bit = static_cast<scmp_datum_t>(flag);
    if (!forbid(filter, SCMP_SYS(clone), argument(0, SCMP_CMP_MASKED_EQ, bit, bit))) return false;
  }
  return true;
}

// What puts bytes into a terminal's input.
bool forbid_keystrokes(const Filter& filter) {
  for (const int request : {TIOCSTI, TIOCLINUX}) {
    if (!forbid(filter, SCMP_SYS(ioctl),
                argument(1, SCMP_CMP_MASKED_EQ, kLowHalf, static_cast<scmp_datum_t>(request))))
      return false;
  }
  return true;
}

// Families that the network namespace holds, and nothing else: a socket of AF_VSOCK would lead to
// the machine that this one is a guest of.
bool forbid_sockets(const Filter& filter) {
  constexpr scmp_datum_t kHighest = AF_NETLINK;
  for (const int call : {SCMP_SYS(socket), SCMP_SYS(socketpair)}) {
    for (scmp_datum_t family = 0; family < kHighest; ++family) {
      if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
      if (!forbid(filter, call, argument(0, SCMP_CMP_EQ, family))) return false;
    }
    if (!forbid(filter, call, argument(0, SCMP_CMP_GT, kHighest))) return false;
  }
  const std::array<scmp_arg_cmp, 2> netlink = {argument(0, SCMP_CMP_EQ, AF_NETLINK),
                                               argument(2, SCMP_CMP_NE, 0)};  // 0: NETLINK_ROUTE
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
                                netlink.size(), netlink.data()) == 0;
}

Result<std::string> program_of(const Filter& filter) {
  const Fd file(memfd_create("seccomp", MFD_CLOEXEC));
  const int failed = file.ok() ? seccomp_export_bpf(filter.get(), file.get()) : -errno;
  if (failed != 0) {
    return system_error(fmt::format("libseccomp cannot make the filter of system calls: {}",
                                    std::strerror(-failed)));
  }
  std::string program(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  if (pread(file.get(), program.data(), program.size(), 0) !=
      static_cast<ssize_t>(program.size())) {
    return system_error("the filter of system calls could not be read back");
  }
  return program;
}

Result<SyscallFilters> make_filters() {
  const Filter calls = new_filter(SCMP_ACT_ERRNO(ENOSYS));
  const Filter uses = new_filter(SCMP_ACT_ALLOW);
  if (!calls || !uses || !add_all(calls, SCMP_ACT_ALLOW, kAllowed) ||
      !add_all(calls, SCMP_ACT_ERRNO(EPERM), kForbidden) || !forbid_namespaces(uses) ||
      !forbid_keystrokes(uses) || !forbid_sockets(uses)) {
    return system_error("libseccomp cannot make the filter of system calls on this machine");
  }
  const Result<std::string> calls_program = program_of(calls);
  if (!calls_program) return calls_program.error();
  const Result<std::string> uses_program = program_of(uses);
  if (!uses_program) return uses_program.error();
  return SyscallFilters{*calls_program, *uses_program};
}

}  // namespace

const Result<SyscallFilters>& syscall_filters() {
  static const Result<SyscallFilters> filters = make_filters();
  return filters;
}

}  // namespace baton
