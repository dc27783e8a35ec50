// Scheduler: what a driver needs of a loop: the time, and work done later. A plain interface, so
// that the driver can be run in a seeded world, where a day of waiting takes no time.
#pragma once

#include <functional>

#include "base/time.h"

namespace baton {

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // Never goes back.
  virtual Instant now() const = 0;
  // From any thread: `work` is done on the scheduler's own, in the order of posting.
  virtual void post(std::function<void()> work) = 0;
  // On its own thread: `work` is done once `length` has passed (at once if it is not positive).
  virtual void after(Millis length, std::function<void()> work) = 0;
};

}  // namespace baton
