// `baton repair`: the explicit acceptance of what a damaged journal has lost.
#pragma once

#include <string>

#include "app/exit_code.h"
#include "app/store.h"

namespace baton {

struct RepairOptions : StoreOptions {
  std::string run;  // whose lost end is accepted; empty: everything is put right
  std::string format = "text";
  bool accept_restored = false;  // of a shared store: an older copy that was put back
};
ExitCode repair_command(const RepairOptions& options);

}  // namespace baton
