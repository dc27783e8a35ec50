// `baton worker` and `baton fleet`.
#pragma once

#include <string>

#include "app/exit_code.h"
#include "app/store.h"

namespace baton {

struct WorkerOptions : StoreOptions {
  int runs = 4;
  double drain = 300;  // seconds
  int most_deaths = 3;
  double lease = 15;  // seconds
  bool once = false;
  bool until_empty = false;
};
ExitCode worker_command(const WorkerOptions& options);

struct FleetOptions : StoreOptions {
  std::string format = "text";  // or "json"
};
ExitCode fleet_command(const FleetOptions& options);

}  // namespace baton
