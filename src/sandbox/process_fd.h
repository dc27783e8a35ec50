// A descriptor of a process: readable once it has ended, and never another process's.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

namespace baton {

// glibc 2.36 declares its own wrappers so that C++ cannot link them.
inline Fd process_fd(pid_t process) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

inline void kill_process(const Fd& process) {
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

}  // namespace baton
