// baton-simulate: plays seeded lives of a run, and says which promise broke and how to see it
// again.
#include <fmt/format.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <deque>
#include <limits>

#include "simulation/world.h"

namespace baton::sim {
namespace {

struct Asked {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double seconds = 0;
  std::string faults = "all";
  bool verbose = false;
  bool coverage = false;
};

// What a broken assertion can still be told with: it ends the process at once.
char playing[256];

void say_what_was_played(int) {
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, playing, strnlen(playing, sizeof playing));
}

std::string replay_command(std::uint64_t seed, const std::string& faults) {
  return fmt::format("baton-simulate --seed {}{} --verbose", seed,
                     faults == "all" ? "" : " --faults " + faults);
}

// Played once more, for its last lines.
void tell_of(std::uint64_t seed, const FaultSet& faults, const Asked& asked,
             const Outcome& outcome) {
  constexpr std::size_t kLines = 30;
  std::deque<std::string> lines;
  WorldOptions options{seed, faults, [&](const std::string& line) {
                         lines.push_back(line);
                         if (lines.size() > kLines) lines.pop_front();
                       }};
  Coverage unused;
  play(options, unused);
  for (const std::string& line : lines) fmt::print("{}\n", line);
  fmt::print("seed {}: broken: {}\nplay it again: {}\n", seed, outcome.broken,
             replay_command(seed, asked.faults));
}

int simulate(const Asked& asked) {
  const Result<FaultSet> faults = read_faults(asked.faults);
  if (!faults) {
    fmt::print(stderr, "baton-simulate: {}\n", faults.error().message);
    return 2;
  }
  struct sigaction on_abort {};
  on_abort.sa_handler = say_what_was_played;
  on_abort.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGABRT, &on_abort, nullptr);

  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begun).count(); };
  Coverage coverage;
  std::uint64_t runs = 0, events = 0, requests = 0, processes = 0, happenings = 0;
  const auto goes_on = [&] {
    return asked.seconds > 0 ? elapsed() < asked.seconds : runs < asked.runs;
  };
  for (std::uint64_t seed = asked.seed; goes_on(); ++seed, ++runs) {
    *fmt::format_to_n(playing, sizeof playing - 1, "it was played with: {}\n",
                      replay_command(seed, asked.faults))
         .out = '\0';
    WorldOptions options{seed, *faults, {}};
    if (asked.verbose) options.trace = [](const std::string& line) { fmt::print("{}\n", line); };
    const Outcome outcome = play(options, coverage);
    if (!outcome.broken.empty()) {
      tell_of(seed, *faults, asked, outcome);
      return 1;
    }
    events += outcome.events;
    requests += static_cast<std::uint64_t>(outcome.requests);
    processes += static_cast<std::uint64_t>(outcome.processes);
    happenings += static_cast<std::uint64_t>(outcome.happenings);
  }
  fmt::print(
      "{} runs in {:.1f} s ({:.0f} a second): {} processes, {} durable events, {} requests, {} "
      "happenings; every promise was kept\n"
      "reached: {} pairs of a task's status and an event, {} of the run's and an event\n",
      runs, elapsed(), static_cast<double>(runs) / elapsed(), processes, events, requests,
      happenings, coverage.task_pairs(), coverage.run_pairs());
  if (asked.coverage) fmt::print("{}", coverage.to_string());
  return 0;
}

}  // namespace
}  // namespace baton::sim

int main(int argc, char** argv) {
  baton::sim::Asked asked;
  CLI::App app(
      "Plays seeded lives of a run: crashes, lost leases, a provider and a disk that fail.");
  app.add_option("--seed", asked.seed, "The first seed");
  app.add_option("--runs", asked.runs, "How many seeds, one after the other");
  app.add_option("--seconds", asked.seconds, "As many as fit in so many seconds, instead");
  app.add_option("--faults", asked.faults, "Which may be drawn: all, none, or names with commas");
  app.add_flag("--verbose", asked.verbose, "Tell what happens");
  app.add_flag("--coverage", asked.coverage, "Tell which events have met which states");
  CLI11_PARSE(app, argc, argv);
  return baton::sim::simulate(asked);
}
