// Where commands speak: standard output for what was asked for, standard error for everything else.
#pragma once

#include <string_view>

#include "app/exit_code.h"
#include "base/error.h"
#include "base/result.h"
#include "report/review_report.h"

namespace baton {

// "baton: MESSAGE" on standard error, safe for a terminal.
ExitCode say(const Error& error);
void say(std::string_view line);

// How standard output wants its text: colour on a terminal, unless NO_COLOR is set.
TerminalStyle output_style();

// To `path`, or to standard output if it is empty.
Status deliver(std::string_view text, const std::string& path);

}  // namespace baton
