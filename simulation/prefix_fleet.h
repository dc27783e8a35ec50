// PrefixFleet: of what machines share, the part that a driver asks: who writes a prefix. Other runs
// are played by the dice. The queue of runs is a worker's business, and not there.
#pragma once

#include "simulation/faults.h"
#include "simulation/timeline.h"
#include "store/fleet.h"

namespace baton::sim {

class PrefixFleet : public Fleet {
 public:
  PrefixFleet(Timeline& timeline, Dice& dice, Faults& faults, PulsePtr pulse)
      : timeline_(timeline), dice_(dice), faults_(faults), pulse_(std::move(pulse)) {}

  void ask_prefix(const std::string&, Millis,
                  std::function<void(Result<PrefixAnswer>)> done) override {
    Result<PrefixAnswer> answer = PrefixAnswer{.mine = true, .readable_for = {}};
    const std::int64_t how = dice_.below(4);
    if (how == 0)
      answer = PrefixAnswer{.mine = false, .readable_for = Millis(dice_.below(300'000))};
    if (how == 1) answer = PrefixAnswer{};
    if (how == 2 && !faults_.over()) answer = system_error("the fleet cannot be asked");
    timeline_.after(
        Millis(dice_.below(100)), [done = std::move(done), answer] { done(answer); }, pulse_);
  }
  void prefix_written(const std::string&, Millis) override {}

  void submit(const RunId&, std::vector<Event>, std::vector<Blob>, QueueTerms,
              std::function<void(Status)>) override {}
  void requeue(const RunId&, std::function<void(Status)>) override {}
  void claim(const std::vector<std::string>&, int,
             std::function<void(Result<std::optional<ClaimedRun>>)>) override {}
  void on_work(std::function<void()>) override {}
  Result<std::vector<QueuedRun>> queue() override { return std::vector<QueuedRun>(); }
  Result<std::vector<WorkerSeen>> workers() override { return std::vector<WorkerSeen>(); }
  void on_view(std::function<void(const FleetView&)>) override {}
  void throttled(const std::string&, Millis) override {}

 private:
  Timeline& timeline_;
  Dice& dice_;
  Faults& faults_;
  PulsePtr pulse_;
};

}  // namespace baton::sim
