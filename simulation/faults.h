// Faults: what goes wrong in a world, and how often. Each seed draws a few kinds and a rate for
// each ("swarm"): a world where everything fails all the time never gets anywhere interesting.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "simulation/dice.h"

namespace baton::sim {

enum class Fault {
  // processes
  kCrash,        // between two things that happen
  kCrashInside,  // right after an append was handed over, or a request
  kStall,        // everything stands still for a while, and goes on as if nothing had been
  kLostLease,    // another process takes the run over while this one lives
  kClock,        // the next process's wall clock is hours off
  kPrices,       // the next process has another price list
  // disk
  kSlowDisk,
  kDiskFails,  // a commit of which nobody knows whether it is there
  kDiskFull,
  // users and other runs
  kStop,
  kCut,
  kRaise,
  kRetry,
  kDeclined,   // an approval is refused, or nobody is there to give it
  kOtherRuns,  // use up the day's cap
  // the provider
  kThrottled,
  kOverloaded,
  kServerError,
  kRefused,  // the key, the request, its size, the bill
  kUnreachable,
  kBroken,     // the answer breaks off
  kSilent,     // nothing comes until the client gives up
  kMalformed,  // bytes that are no answer
  kNoUsage,
  kOverbilled,
  kSlow,
  kBadAnswer,  // whole, paid for, and not what was asked for
  // batches
  kLostCreate,  // whether a batch was taken is not told
  kBatchItem,   // an item fails, is missing, or is told twice
  kBatchPoll,
  // programs
  kCheckers,
  kTools,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kTools) + 1;
std::string_view to_string(Fault fault);

using FaultSet = std::bitset<kFaults>;
// "crash,throttled", "all", "none". kUsage, naming the known ones.
Result<FaultSet> read_faults(std::string_view list);

class Faults {
 public:
  // Some of those that are allowed, each with a rate of its own.
  Faults(Dice& dice, const FaultSet& allowed);

  // Draws.
  bool happens(Fault fault);
  bool is_drawn(Fault fault) const { return rate(fault) > 0; }
  // Nothing goes wrong any more.
  void end() { over_ = true; }
  bool over() const { return over_; }
  std::string to_string() const;

 private:
  int rate(Fault fault) const { return rates_[static_cast<std::size_t>(fault)]; }

  Dice& dice_;
  std::array<int, kFaults> rates_{};  // in a thousand
  bool over_ = false;
};

}  // namespace baton::sim
