// Coverage: which pairs of a state and an event worlds have reached. What no seed reaches is not
// tested, whatever the number of seeds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/run_state.h"

namespace baton::sim {

class Coverage {
 public:
  // `run` as it is before the event.
  void note(const RunState& run, const Event& event);
  void add(const Coverage& other);

  // Pairs that were reached: of a task's status and an event that tells of it; of what holds for
  // the run as a whole and an event.
  std::size_t task_pairs() const;
  std::size_t run_pairs() const;
  // For people: what was reached, by event.
  std::string to_string() const;

 private:
  static constexpr std::size_t kEvents = std::variant_size_v<Event>;
  static constexpr std::size_t kStatuses = static_cast<std::size_t>(TaskStatus::kSkipped) + 1;
  static constexpr std::size_t kRunStates = 9;

  std::array<std::array<std::uint64_t, kEvents>, kStatuses> tasks_{};
  std::array<std::array<std::uint64_t, kEvents>, kRunStates> runs_{};
};

}  // namespace baton::sim
