#include "app/fleet_limits.h"

#include <algorithm>

#include "store/fleet.h"

namespace baton {
namespace {

// Nobody is left without anything, whatever the store says.
constexpr double kLeastShare = 0.001;

}  // namespace

void join_fleet(Loop& loop, Journal& journal, Pacer& pacer) {
  Fleet* fleet = journal.fleet();
  if (fleet == nullptr) return;
  fleet->on_view([&loop, &pacer](const FleetView& view) {
    pacer.set_share(std::clamp(view.share, kLeastShare, 1.0));
    const Instant now = loop.now();
    for (const auto& [rate_class, length] : view.holds) pacer.hold(rate_class, now + length, now);
  });
  pacer.on_throttled([fleet](const std::string& rate_class, Millis length) {
    fleet->throttled(rate_class, length);
  });
}

}  // namespace baton
