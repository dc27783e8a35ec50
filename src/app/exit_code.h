// What `baton` tells its caller by its exit code. Documented in README.md; a script may rely on it.
#pragma once

#include "base/error.h"

namespace baton {

enum class ExitCode : int {
  kDone = 0,             // finished; no finding at or above --fail-on
  kFindings = 1,         // finished; at least one finding at or above --fail-on
  kUsage = 2,            // bad arguments or input; nothing was started
  kBudgetExhausted = 3,  // the report is partial for want of budget
  kProvider = 4,         // the provider refused or failed: the report is partial, or there is none
  kInterrupted = 5,      // stopped on request; `baton resume RUN` goes on
  kSystem = 6,           // the state folder, the disk or the machine failed
};

constexpr ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kInput:
    case ErrorKind::kNotFound:
      return ExitCode::kUsage;
    case ErrorKind::kBusy:
    case ErrorKind::kStorage:
    case ErrorKind::kSystem:
      return ExitCode::kSystem;
  }
  return ExitCode::kSystem;
}

}  // namespace baton
