// How every program of ours is begun: what it leads, no signal blocked, none ignored.
#pragma once

#include <signal.h>
#include <spawn.h>

#include "base/spawn.h"

namespace baton {

class SpawnAttributes {
 public:
  explicit SpawnAttributes(SpawnPlan::Leads leads) {
    ::posix_spawnattr_init(&attributes_);
    const int apart =
        leads == SpawnPlan::Leads::kSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(
        &attributes_, static_cast<short>(apart | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace baton
