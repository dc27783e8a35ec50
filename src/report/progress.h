// Progress: what a run is doing, as one line.
#pragma once

#include <optional>
#include <string>

#include "base/money.h"
#include "base/time.h"

namespace baton {

struct Progress {
  int done = 0;
  int running = 0;
  int waiting = 0;
  int skipped = 0;
  int planned = 0;         // tasks known so far
  bool plan_open = false;  // more may be added
  Money spent;
  Money held;  // set aside for calls in flight
  std::optional<Money> budget;
  double cached_percent = 0;
  Millis elapsed;
  std::string note;  // what it is waiting for, if there is something to say

  bool operator==(const Progress&) const = default;
};

// "  3/9 tasks · 4 running · $0.0421 of $2.00 · cache 61% · 12.4s", in at most `width` columns:
// what matters least is left out first.
std::string progress_line(const Progress& progress, int width);

}  // namespace baton
