// Runs a program to its end and reads what it says: for short programs before a run begins (git,
// ctags). Blocks; within a run, programs go through the event loop instead.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

struct ShortProgram {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH; no shell is involved
  // "NAME=value", on top of what is passed on: PATH, HOME and the like. Nothing else of our own
  // environment is: it may hold keys.
  std::vector<std::string> environment;
  std::string_view input;
  std::size_t max_output = 64 << 20;
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

struct ProgramOutput {
  int status = 0;  // as base/spawn.h says it
  std::string out;
  std::string err;  // its first 16 KiB
};

// kNotFound if there is no such program; kSystem if it cannot be started, says more than it may, or
// takes longer than it may: it and the programs of its process group are killed then.
Result<ProgramOutput> run_and_read(const ShortProgram& program);

}  // namespace baton
