// `baton doctor`: what of this machine baton can use, what is missing and what to do about it; and
// what runs have left in the state folder.
#pragma once

#include <string>

#include "app/exit_code.h"
#include "app/store.h"

namespace baton {

struct DoctorOptions : StoreOptions {
  bool clean = false;           // what no run needs any more goes
  std::string format = "text";  // or "json"
};

// kSystem if something is missing without which baton cannot do its main job.
ExitCode doctor_command(const DoctorOptions& options);

}  // namespace baton
