// Words for generated answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::mock_api {

// What a sentence is about.
struct Saying {
  std::string_view file;
  std::string_view type;  // a task type
  int first_line = 1;
  int last_line = 1;
  std::size_t item = 1;      // its place in its list, from 1
  std::size_t findings = 0;  // how many the prompt lists
};

// A sentence that suits a property called `name`.
std::string sentence_for(std::string_view name, const Saying& saying, std::uint64_t chance);
// A valid string of a JSON Schema format ("date", "email", …).
std::string_view text_of_format(std::string_view format);
// A string that a simple regular expression matches.
std::string text_matching(std::string_view pattern, std::uint64_t chance);

}  // namespace baton::mock_api
