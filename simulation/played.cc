#include "simulation/played.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

namespace baton::sim {
namespace {

char played[512];

void say_what_was_played(int) {
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, played, strnlen(played, sizeof played));
}

}  // namespace

std::string replay_command(std::uint64_t seed, std::string_view faults) {
  return fmt::format("baton-simulate --seed {}{}{} --verbose", seed,
                     faults == "all" ? "" : " --faults ", faults == "all" ? "" : faults);
}

void note_played(const std::string& command) {
  static const bool installed = [] {
    struct sigaction on_abort {};
    on_abort.sa_handler = say_what_was_played;
    on_abort.sa_flags = static_cast<int>(SA_RESETHAND);
    return sigaction(SIGABRT, &on_abort, nullptr) == 0;
  }();
  if (!installed) return;
  *fmt::format_to_n(played, sizeof played - 1, "play it again: {}\n", command).out = '\0';
}

}  // namespace baton::sim
