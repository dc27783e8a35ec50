// Spawn: starts a program with nothing of ours but what its plan names: no other variable of our
// environment, no other descriptor, no signal blocked or ignored.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace baton {

struct SpawnPlan {
  // What the program leads, so that all it starts can be killed with it. In a session of its own it
  // has no terminal either.
  enum class Leads { kGroup, kSession };

  std::vector<std::string> argv;         // argv[0]: a path, or a name to be found on our PATH
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // where it starts; empty: where we are
  int in = -1;                           // descriptors; -1: nothing to read
  int out = -1;
  int err = -1;
  Leads leads = Leads::kGroup;
};

// A program that was started and is the caller's to reap.
struct Spawned {
  pid_t pid = 0;

  // Kills it and everything of its group. Requires: it has not been reaped.
  void kill_group() const;
  // Blocks until it has ended; its exit status. It is reaped then.
  int wait() const;
};

// Requires: argv is not empty, `out` and `err` are open. kNotFound if there is no such program or
// directory, kSystem if it cannot be started.
Result<Spawned> spawn(const SpawnPlan& plan);

// Our one way to say how a program ended, from what waitpid() tells of one that did: 0-255 an exit
// code, 256 + n killed by signal n.
int exit_status(int wait_status);
// The same in words: "code 3", "signal 9".
std::string ending_words(int exit_status);

}  // namespace baton
