// The command line: what each word and option means is told here alone; what a command does is in
// commands.h and its like.
#pragma once

#include "app/exit_code.h"

namespace baton {

// Runs the command that the words name; what is wrong with them is said on standard error.
ExitCode run_command_line(int argc, const char* const* argv);

}  // namespace baton
