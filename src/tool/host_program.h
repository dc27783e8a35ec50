// Programs of the host that read a workspace (ripgrep, ctags): started in its folder by descriptor,
// with a clean environment, and never allowed to say, take or last more than they may. What they
// said until then is kept.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "base/time.h"

namespace baton {

struct HostProgram {
  std::vector<std::string> argv;  // argv[0]: looked up in the absolute folders of our PATH
  int folder = -1;                // descriptor of where it starts; it is its standard input, too
  std::size_t most_output = 256 << 10;
  Millis limit = Millis::seconds(20);
  const Cancellation* cancel = nullptr;
};

struct HostProgramEnd {
  enum class How { kByItself, kSaidTooMuch, kTookTooLong, kCancelled };

  How how = How::kByItself;
  int status = 0;   // as base/spawn.h says it; of kByItself alone
  std::string out;  // at most `most_output`
  std::string err;  // its first 16 KiB
};

// kNotFound if it is not installed; kSystem if it cannot be started or read.
Result<HostProgramEnd> run_host_program(const HostProgram& program);

}  // namespace baton
