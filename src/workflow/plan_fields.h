// Fields of what a planner or a worker wrote, bounded: its texts go into prompts, briefs and
// reports.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fields.h"
#include "workflow/review_task.h"

namespace baton {

inline constexpr std::size_t kLongestPlannedText = 8'000;
inline constexpr std::size_t kLongestPlannedTitle = 200;

// Cut to `longest` bytes.
std::string short_text_at(JsonFields fields, std::string_view key,
                          std::size_t longest = kLongestPlannedText);
std::vector<std::string> short_texts_at(JsonFields fields, std::string_view key,
                                        std::size_t longest = kLongestPlannedText);

// {"path", "first_line", "last_line"}, where a last line below 1 means the whole file. Reading
// stops after `most` of them; lines are not negative.
std::vector<FilePart> file_parts_at(JsonFields fields, std::string_view key, std::size_t most);
boost::json::array write_file_parts(const std::vector<FilePart>& parts);
boost::json::array array_of(const std::vector<std::string>& texts);

// What is said of a plan that has more tasks than it may.
std::string said_of_long_plan(int tasks, int most);

}  // namespace baton
