// An answer for any schema that structured output takes: valid, the same for the same request and
// seed, and, where names of properties tell what is meant, about what the prompt is about.
//
//   file, path            a file of the prompt            line, first_line, last_line   lines shown
//   type, task_type       a task type of the prompt       id, depends_on                t1, t2, …
//   tasks                 4 to 12 items                   findings                      0 to 3
//   items
//
// Findings listed as JSON in the prompt are the answer's findings; a list of objects with an `id`
// ranks them by their ids, and its `same_as` names those on the same line.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string_view>

namespace baton::mock_api {

struct Prompt {
  std::string_view question;    // the last user message
  std::string_view background;  // the system prompt and the messages before
};

struct AnswerOptions {
  std::uint64_t seed = 0;  // of this request
  int plan_tasks = 0;      // 0: as many as suit the prompt
};

// Keywords that structured output does not take are heeded where they are simple (bounds of
// numbers, lengths); a schema that refers to itself without end is cut off.
boost::json::value answer_for(const boost::json::value& schema, const Prompt& prompt,
                              const AnswerOptions& options);

}  // namespace baton::mock_api
