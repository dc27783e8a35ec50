// What is being played, for whoever has to see it again: also where a broken assertion ends the
// process before anything else can be said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::sim {

std::string replay_command(std::uint64_t seed, std::string_view faults);

// From now on an abort says this command.
void note_played(const std::string& command);

}  // namespace baton::sim
