// What a prompt talks about, found by reading it as a person would: files, the lines shown of them,
// task types, and findings listed as JSON.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton::mock_api {

struct FileFacts {
  std::string path;
  std::vector<int> shown;  // line numbers, ascending
  std::vector<int> added;  // those of them marked as added
  bool operator==(const FileFacts&) const = default;

  // The lines to speak about: the added ones if any are marked.
  const std::vector<int>& best() const { return added.empty() ? shown : added; }
};

struct Facts {
  std::vector<FileFacts> files;  // in the order of the prompt; only the most telling kind is kept
  std::vector<std::string> task_types;
};

// Files of which added lines are shown; without any, those of which lines are shown; without any,
// every path named. `text` may be any bytes.
Facts facts_of(std::string_view text);

// Task types: lines "- snake_case_word: …"; without any, the one of a line "Task: … (type)".
std::vector<std::string> task_types_of(std::string_view text);

// The JSON objects of `text` that have `file`, `line` and `message`. Of those with the same `id`,
// or without one and saying the same of the same line, the first.
boost::json::array findings_of(std::string_view text);

}  // namespace baton::mock_api
