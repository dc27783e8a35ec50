// Which caps a forecast meets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "forecast/forecast.h"

namespace baton {

// One answer to "how would it go": what a review takes.
struct Sample {
  Money cost{};
  Usage tokens{};
  std::int64_t calls = 0;
  std::int64_t tasks = 0;
  Millis wall{};
  std::map<std::string, Money> by_type{};  // of the workers
  Money dearest_call{};
};

// Those that the high end of `prospect` passes, the tightest first. `likely` is its middle case;
// what has no interval of its own is taken to spread as the whole cost does.
std::vector<CapMet> caps_met(const ForecastAsk& ask, const Prospect& prospect,
                             const Sample& likely);

}  // namespace baton
