// baton-simulate: plays seeded lives of a run, and says which promise broke and how to see it
// again.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>

#include "simulation/kept_seeds.h"
#include "simulation/played.h"
#include "simulation/world.h"

namespace baton::sim {
namespace {

struct Asked {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double seconds = 0;
  std::string faults = "all";
  std::string replay;  // a file of kept seeds
  bool verbose = false;
  bool coverage = false;
};

using Clock = std::chrono::steady_clock;

class Player {
 public:
  explicit Player(bool verbose) : verbose_(verbose) {}

  // Whether every promise was kept; says so if not.
  bool play_one(std::uint64_t seed, const FaultSet& faults, std::string_view allowed);
  void sum_up(bool with_coverage) const;
  std::uint64_t runs() const { return runs_; }
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

 private:
  bool verbose_;
  Clock::time_point begun_ = Clock::now();
  Coverage coverage_;
  std::uint64_t runs_ = 0, events_ = 0, requests_ = 0, processes_ = 0, happenings_ = 0;
};

// Played once more, for its last lines.
void print_last_lines(std::uint64_t seed, const FaultSet& faults) {
  constexpr std::size_t kLines = 30;
  std::deque<std::string> lines;
  Coverage unused;
  play({seed, faults,
        [&](const std::string& line) {
          lines.push_back(line);
          if (lines.size() > kLines) lines.pop_front();
        }},
       unused);
  for (const std::string& line : lines) fmt::print("{}\n", line);
}

bool Player::play_one(std::uint64_t seed, const FaultSet& faults, std::string_view allowed) {
  note_played(replay_command(seed, allowed));
  WorldOptions options{seed, faults, {}};
  if (verbose_) options.trace = [](const std::string& line) { fmt::print("{}\n", line); };
  const Outcome outcome = play(options, coverage_);
  if (!outcome.broken.empty()) {
    if (!verbose_) print_last_lines(seed, faults);
    fmt::print("seed {}: broken: {}\nplay it again: {}\n", seed, outcome.broken,
               replay_command(seed, allowed));
    return false;
  }
  ++runs_;
  events_ += outcome.events;
  requests_ += static_cast<std::uint64_t>(outcome.requests);
  processes_ += static_cast<std::uint64_t>(outcome.processes);
  happenings_ += static_cast<std::uint64_t>(outcome.happenings);
  return true;
}

void Player::sum_up(bool with_coverage) const {
  fmt::print(
      "{} runs in {:.1f} s ({:.0f} a second): {} processes, {} durable events, {} requests, {} "
      "happenings; every promise was kept\n"
      "reached: {} pairs of a task's status and an event, {} of the run's state and an event\n",
      runs_, elapsed(), static_cast<double>(runs_) / elapsed(), processes_, events_, requests_,
      happenings_, coverage_.task_pairs(), coverage_.run_pairs());
  if (with_coverage) fmt::print("{}", coverage_.to_string());
}

int wrong_use(const Error& error) {
  fmt::print(stderr, "baton-simulate: {}\n", error.message);
  return 2;
}

int replay_kept(const Asked& asked) {
  std::ifstream file(asked.replay);
  if (!file) return wrong_use(input_error(asked.replay + " cannot be read"));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Result<std::vector<KeptSeed>> seeds = read_kept_seeds(text);
  if (!seeds) return wrong_use(input_error(asked.replay + ": " + seeds.error().message));
  Player player(asked.verbose);
  for (const KeptSeed& kept : *seeds) {
    if (!player.play_one(kept.seed, kept.faults, kept.allowed)) return 1;
  }
  player.sum_up(asked.coverage);
  return 0;
}

int simulate(const Asked& asked) {
  if (!asked.replay.empty()) return replay_kept(asked);
  const Result<FaultSet> faults = read_faults(asked.faults);
  if (!faults) return wrong_use(faults.error());
  Player player(asked.verbose);
  const auto goes_on = [&] {
    return asked.seconds > 0 ? player.elapsed() < asked.seconds : player.runs() < asked.runs;
  };
  for (std::uint64_t seed = asked.seed; goes_on(); ++seed) {
    if (!player.play_one(seed, *faults, asked.faults)) return 1;
  }
  player.sum_up(asked.coverage);
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
  app.add_option("--replay", asked.replay, "Play the seeds of this file (simulation/seeds.txt)");
  app.add_flag("--verbose", asked.verbose, "Tell what happens");
  app.add_flag("--coverage", asked.coverage, "Tell which events have met which states");
  CLI11_PARSE(app, argc, argv);
  return baton::sim::simulate(asked);
}
