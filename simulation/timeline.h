// Timeline: a world's time and what is going to happen in it. What is due at the same instant
// happens in an order that is drawn, except for what a process has posted to itself.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/time.h"
#include "shell/scheduler.h"
#include "simulation/dice.h"

namespace baton::sim {

// Of one process: what it was going to do is not done once it is dead, and later while it stalls.
struct Pulse {
  bool beats = true;
  Instant stalled_until;
};
using PulsePtr = std::shared_ptr<Pulse>;

class Timeline {
 public:
  Timeline(Dice& dice, Instant start) : dice_(dice), now_(start) {}

  Instant now() const { return now_; }
  // A null pulse: the world's own.
  void after(Millis length, std::function<void()> work, PulsePtr pulse = {});
  // Now, in the order of posting.
  void post(std::function<void()> work, PulsePtr pulse = {});
  // The next thing that happens. False: nothing is left.
  bool step();

 private:
  struct Item {
    Instant at;
    std::uint64_t place;   // among those of the same instant
    std::uint64_t number;  // of making
    std::function<void()> work;
    PulsePtr pulse;
  };
  static bool later(const Item& a, const Item& b);
  void push(Item item);

  Dice& dice_;
  Instant now_;
  std::uint64_t made_ = 0;
  std::uint64_t last_posted_ = 0;  // its place; those of one instant rise
  std::vector<Item> items_;        // a heap
};

// A process's own view of it: its clock may be off.
class ProcessClock : public Scheduler {
 public:
  ProcessClock(Timeline& timeline, PulsePtr pulse, Millis offset)
      : timeline_(timeline), pulse_(std::move(pulse)), offset_(offset) {}

  Instant now() const override { return timeline_.now() + offset_; }
  void post(std::function<void()> work) override { timeline_.post(std::move(work), pulse_); }
  void after(Millis length, std::function<void()> work) override {
    timeline_.after(length, std::move(work), pulse_);
  }

 private:
  Timeline& timeline_;
  PulsePtr pulse_;
  Millis offset_;
};

}  // namespace baton::sim
