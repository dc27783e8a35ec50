// Who a finding comes from: "t3 (cppcheck), t5" names two tasks and one checker.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// The task ids alone, in order, each once: "t3, t5".
std::string tasks_of(std::string_view source);

}  // namespace baton
