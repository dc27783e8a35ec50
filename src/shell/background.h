// Background: work that blocks (git, files), on threads of its own, so that the loop goes on.
#pragma once

#include <functional>
#include <memory>

#include "shell/loop.h"

namespace baton {

class Background {
 public:
  virtual ~Background() = default;

  // `work` on one of the threads, then `then` on the loop's. Work is begun in the order it came.
  virtual void run(std::function<void()> work, std::function<void()> then) = 0;
};

// Letting go of it waits for what runs; what has not begun never does, and no `then` is called any
// more.
std::unique_ptr<Background> make_background(Loop& loop, int threads);

}  // namespace baton
