// Subprocess: runs one program to its end and collects what it printed.
//
// The program gets an environment of PATH, HOME and LANG alone (so no key can reach it), nothing on
// standard input, no descriptor of ours, and a session of its own: when it ends, runs too long or
// prints too much, everything it started is killed with it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "shell/loop.h"

namespace baton {

struct SubprocessRequest {
  std::string program;                 // an absolute path
  std::vector<std::string> arguments;  // without the program's own name
  std::string directory;               // where it starts
  std::string home;                    // its HOME: a folder that may be thrown away
  Millis limit = Millis::seconds(60);
  std::size_t output_limit = std::size_t{8} << 20;  // bytes of each stream
  std::size_t memory_limit = std::size_t{2} << 30;  // bytes of data of each process
};

struct SubprocessResult {
  int status = 0;  // as base/spawn.h says it
  std::string out;
  std::string err;
  bool truncated = false;  // it printed more than the limit, and was killed for it
  bool timed_out = false;  // it ran longer than the limit, and was killed for it
};

// A program that runs. Letting go of the last handle kills it, and nothing is reported.
class Subprocess {
 public:
  virtual ~Subprocess() = default;
};

// `done` is called on the loop's thread, once, never from inside this call: kNotFound if there is
// no such program, kSystem if it could not be started.
[[nodiscard]] std::shared_ptr<Subprocess> start_subprocess(
    Loop& loop, SubprocessRequest request, std::function<void(Result<SubprocessResult>)> done);

// The absolute path of an executable of this name in the first of `folders` that has one, then in
// those of PATH; empty: none. Folders that are not absolute are passed over, so that what is found
// does not depend on where baton was started.
std::string find_program(const std::string& name, const std::vector<std::string>& folders);

}  // namespace baton
