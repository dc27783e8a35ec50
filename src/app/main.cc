// `baton`: the program.
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line.h"
#include "app/say.h"
#include "mock_api/mock_api.h"

namespace baton {
namespace {

// Each call in flight is a socket: what the system allows at most, a run with many workers may
// need.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  // A reader that went away and a file that may not grow are errors of the write, not the end of
  // the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  baton::raise_file_limit();
  if (argc > 1 && std::string_view(argv[1]) == "mock-api") {
    std::vector<const char*> rest(argv + 1, argv + argc);
    rest[0] = "baton mock-api";
    return baton::mock_api::main(static_cast<int>(rest.size()), rest.data());
  }
  try {
    return static_cast<int>(baton::run_command_line(argc, argv));
  } catch (const std::exception& error) {
    baton::say(std::string("internal error: ") + error.what() +
               "; the journal keeps what was done");
    return static_cast<int>(baton::ExitCode::kSystem);
  }
}
