// Sandbox: runs what a model wrote where it can harm nothing but its own workspace.
//
//   bubblewrap + seccomp, never as root ─► no network, no capability, a minimal view of the file
//   system, a clean environment, limits on memory, processes, files, output and time
//
// What it sees: /usr and what hangs on it, read-only; /workspace, writable, but for what is pinned;
// `readable` folders, at their own places; an empty /tmp and home; its own /proc and /dev. When the
// command ends, runs too long or is cancelled, everything it started ends with it.
//
// Nothing is offered that was not proven: open() runs real attacks first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "base/time.h"

namespace baton {

struct SandboxJob {
  std::vector<std::string> argv;                // {"bash", "-c", line}; looked up in its own /usr
  std::filesystem::path workspace;              // absolute; where it starts, as /workspace
  std::vector<std::filesystem::path> readable;  // absolute; seen read-only at the same place
  Millis limit = Millis::seconds(120);
  std::size_t output_limit = 64 << 10;              // bytes of both streams together
  std::size_t memory_limit = std::size_t{2} << 30;  // bytes
  int process_limit = 256;
  std::uint64_t file_limit = std::uint64_t{1} << 30;  // bytes of one file it writes
};

struct SandboxEnd {
  // Its exit code; 128 + n if signal n killed it, as a shell says it; of one that we stopped 256 +
  // SIGKILL, as base/spawn.h says it.
  int status = 0;
  std::string output;  // both streams as they came; beyond the limit its beginning and its end
  bool truncated = false;
  bool timed_out = false;
  bool cancelled = false;
  bool out_of_memory = false;  // it, or a process it started, was killed for that
  Millis took;
};

// One thing that was tried from inside, and whether it was held.
struct ProbeResult {
  std::string attack;  // "write outside of the workspace"
  bool held = false;
  std::string what_came;  // for people
};

class Sandbox {
 public:
  // Finds bubblewrap and attacks it. kNotFound: it is not installed; kSystem: it cannot run here,
  // or an attack came through. The message says which, and what the user can do.
  static Result<Sandbox> open();

  // What open() tried, for `baton doctor`.
  const std::vector<ProbeResult>& probes() const { return probes_; }

  // Makes the folder, and all in it, the sandbox user's. Does nothing unless baton runs as root: a
  // root's files are for another user there, since a root in a sandbox is none. Never follows a
  // symbolic link.
  static Status adopt(const std::filesystem::path& folder);

  // Blocks. kUsage if a folder cannot be shown, kSystem if the sandbox could not be started;
  // whatever the command does itself is no error (127: there is no such program). Safe to be called
  // from several threads. `cancel` may be null. In a workspace without a `.git`, one is left that
  // git refuses: a command must not make one that git obeys.
  Result<SandboxEnd> run(const SandboxJob& job, const Cancellation* cancel) const;

 private:
  Sandbox() = default;

  std::filesystem::path bubblewrap_;
  std::vector<ProbeResult> probes_;
};

// The part of a root's sandbox that runs in a process of its own: `PROGRAM sandbox-start …` gives
// up root's rights and becomes bubblewrap. Every program that links this room answers to it before
// its main(). Not for people; the exit code is its own.
int sandbox_start_main(int argc, const char* const* argv);

}  // namespace baton
