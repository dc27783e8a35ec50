// `baton workers`: which workers and skills a run here could choose from, and whether their files
// are sound.
#pragma once

#include <string>
#include <vector>

#include "app/exit_code.h"

namespace baton {

struct WorkersOptions {
  std::string action = "list";  // "list", "show" or "check"
  // show: one worker or skill. check: files; none: everything that is found from `repo`.
  std::vector<std::string> names;
  std::string repo = ".";
  std::string format = "text";  // or "json"
  std::string output;           // a file; empty: standard output
};

// kUsage if `show` finds nothing of the name, and if `check` finds a problem.
ExitCode workers_command(const WorkersOptions& options);

}  // namespace baton
