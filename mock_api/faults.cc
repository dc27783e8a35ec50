#include "mock_api/faults.h"

#include "base/chance.h"

namespace baton::mock_api {
namespace {

// Each purpose draws from a series of its own, so that one rate does not move another's draws.
enum class Purpose : std::uint64_t {
  kFault = 1,
  kBreakPoint = 2,
  kLatency = 3,
  kBatchItem = 4,
  kBatchCache = 5
};

double draw(std::uint64_t seed, Purpose purpose, std::int64_t request) {
  const std::uint64_t series = mix(seed, static_cast<std::uint64_t>(purpose));
  return fraction(mix(series, static_cast<std::uint64_t>(request)));
}

}  // namespace

Fault fault_of(const FaultRates& rates, std::uint64_t seed, std::int64_t request) {
  double left = draw(seed, Purpose::kFault, request);
  const std::pair<double, Fault> faults[] = {{rates.error_429, Fault::k429},
                                             {rates.error_500, Fault::k500},
                                             {rates.error_529, Fault::k529},
                                             {rates.cut, Fault::kCut},
                                             {rates.overloaded, Fault::kOverloaded},
                                             {rates.malformed, Fault::kMalformed},
                                             {rates.late, Fault::kLate}};
  for (const auto& [rate, fault] : faults) {
    if (left < rate) return fault;
    left -= rate;
  }
  return Fault::kNone;
}

ItemFault item_fault_of(const BatchOptions& rates, std::uint64_t seed, std::int64_t batch,
                        std::int64_t item) {
  const std::uint64_t series = mix(seed, static_cast<std::uint64_t>(batch));
  const double drawn = draw(series, Purpose::kBatchItem, item);
  if (drawn < rates.errored) return ItemFault::kErrored;
  return drawn < rates.errored + rates.expired ? ItemFault::kExpired : ItemFault::kNone;
}

bool item_misses_cache(const BatchOptions& rates, std::uint64_t seed, std::int64_t batch,
                       std::int64_t item) {
  const std::uint64_t series = mix(seed, static_cast<std::uint64_t>(batch));
  return draw(series, Purpose::kBatchCache, item) < rates.cache_missed;
}

double break_point(std::uint64_t seed, std::int64_t request) {
  return draw(seed, Purpose::kBreakPoint, request);
}

Millis latency_of(const Options& options, std::int64_t request) {
  const std::int64_t span = options.latency_max.count() - options.latency_min.count();
  const double part = draw(options.seed, Purpose::kLatency, request);
  const auto drawn = static_cast<std::int64_t>(part * static_cast<double>(span + 1));
  return options.answer_latency + options.latency_min + Millis(drawn);
}

}  // namespace baton::mock_api
