// For tests: the least that a table of task types has.
#pragma once

#include <string_view>

namespace baton {

inline constexpr std::string_view kOrchestratorsTypes = R"(
[[type]]
name = "task_decomposition"
role = "orchestrator"
tier = "deep"
max_output = 1000
[[type]]
name = "result_synthesis"
role = "orchestrator"
tier = "deep"
max_output = 1000
[[type]]
name = "direct_review"
role = "orchestrator"
tier = "deep"
max_output = 1000
)";

}  // namespace baton
