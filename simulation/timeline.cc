#include "simulation/timeline.h"

#include <algorithm>
#include <tuple>

namespace baton::sim {

bool Timeline::later(const Item& a, const Item& b) {
  return std::tie(a.at, a.place, a.number) > std::tie(b.at, b.place, b.number);
}

void Timeline::push(Item item) {
  items_.push_back(std::move(item));
  std::push_heap(items_.begin(), items_.end(), later);
}

void Timeline::after(Millis length, std::function<void()> work, PulsePtr pulse) {
  const Instant at = now_ + std::max(length, Millis());
  push({at, dice_.draw(), made_++, std::move(work), std::move(pulse)});
}

void Timeline::post(std::function<void()> work, PulsePtr pulse) {
  // A part of what is left of the range, so that it never ends.
  last_posted_ += dice_.draw() % ((~std::uint64_t{0} - last_posted_) / 8 + 1);
  push({now_, last_posted_, made_++, std::move(work), std::move(pulse)});
}

bool Timeline::step() {
  while (!items_.empty()) {
    std::pop_heap(items_.begin(), items_.end(), later);
    Item item = std::move(items_.back());
    items_.pop_back();
    if (item.pulse && !item.pulse->beats) continue;
    if (item.pulse && item.at < item.pulse->stalled_until) {
      item.at = item.pulse->stalled_until;
      item.place = item.number;  // what was posted keeps its order
      push(std::move(item));
      continue;
    }
    if (now_ < item.at) last_posted_ = 0;
    now_ = item.at;
    item.work();
    return true;
  }
  return false;
}

}  // namespace baton::sim
