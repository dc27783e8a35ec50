#include "simulation/faults.h"

#include <fmt/format.h>

namespace baton::sim {
namespace {

struct Kind {
  std::string_view name;
  int often;  // in a thousand, where it is drawn at its highest rate
};

// What is drawn at every step is rarer than what is drawn once for each call.
constexpr std::array<Kind, kFaults> kKinds = {{
    {"crash", 30},       {"crash-inside", 40},  {"stall", 20},       {"lost-lease", 15},
    {"clock", 700},      {"prices", 500},       {"slow-disk", 500},  {"disk-fails", 40},
    {"disk-full", 40},   {"stop", 10},          {"cut", 10},         {"raise", 700},
    {"retry", 700},      {"declined", 600},     {"other-runs", 700}, {"throttled", 300},
    {"overloaded", 300}, {"server-error", 300}, {"refused", 150},    {"unreachable", 400},
    {"broken", 400},     {"silent", 200},       {"malformed", 200},  {"no-usage", 200},
    {"overbilled", 60},  {"slow", 500},         {"bad-answer", 500}, {"lost-create", 600},
    {"batch-item", 500}, {"batch-poll", 400},   {"checkers", 300},   {"tools", 200},
}};

}  // namespace

std::string_view to_string(Fault fault) {
  return kKinds[static_cast<std::size_t>(fault)].name;
}

Result<FaultSet> read_faults(std::string_view list) {
  FaultSet set;
  if (list == "all") return set.set();
  if (list == "none") return set;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    std::size_t i = 0;
    while (i < kFaults && kKinds[i].name != name) ++i;
    if (i == kFaults) {
      std::string known = "all, none";
      for (const Kind& kind : kKinds) known += fmt::format(", {}", kind.name);
      return usage_error(fmt::format("there is no fault '{}'; there are: {}", name, known));
    }
    set.set(i);
  }
  return set;
}

Faults::Faults(Dice& dice, const FaultSet& allowed) : dice_(dice) {
  if (dice.one_in(12)) return;  // a world where nothing goes wrong
  const std::int64_t one_in = dice.between(2, 6);
  for (std::size_t i = 0; i < kFaults; ++i) {
    const bool drawn = dice.one_in(one_in);
    const int divisor = 1 << dice.below(4);
    if (drawn && allowed[i]) rates_[i] = std::max(1, kKinds[i].often / divisor);
  }
}

bool Faults::happens(Fault fault) {
  return !over_ && rate(fault) > 0 && dice_.below(1000) < rate(fault);
}

std::string Faults::to_string() const {
  std::string text;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (rates_[i] > 0)
      text += fmt::format("{}{} {}/1000", text.empty() ? "" : ", ", kKinds[i].name, rates_[i]);
  }
  return text.empty() ? "none" : text;
}

}  // namespace baton::sim
