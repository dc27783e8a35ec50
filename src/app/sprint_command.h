// `baton sprint`: a queue of jobs, worked off under one time box and one budget.
#pragma once

#include <string>

#include "app/exit_code.h"
#include "app/store.h"

namespace baton {

struct SprintOptions : StoreOptions {
  std::string file;             // a sprint file (docs/sprint.md), or …
  std::string resume;           // … a sprint that is to go on
  std::string budget;           // instead of the file's; empty: as it is
  std::string format = "text";  // "text", "md" or "json"
  std::string output;
  std::string prices;
};
ExitCode sprint_command(const SprintOptions& options);

}  // namespace baton
