// Decides what is answered: by the script, else by the schema, else by a tool, else a short text.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>

#include "mock_api/answer.h"
#include "mock_api/models.h"
#include "mock_api/options.h"
#include "mock_api/script.h"

namespace baton::mock_api {

// The answer without limits of length: max_tokens and stop sequences are applied by `limited`.
Answer make_answer(const boost::json::object& body, const ScriptedAnswer* scripted,
                   const Options& options, std::uint64_t seed);

// The answer brought to a size, which it counts as: a text is cut or lengthened to it; JSON, and a
// tool's input, are filled up with blanks and never cut.
Answer sized(Answer answer, const boost::json::object& body, const Model& model,
             std::int64_t tokens);

// The answer as far as `max_tokens` and the stop sequences let it go. A forced plan passes whole.
Answer limited(Answer answer, const boost::json::object& body, const Model& model,
               std::int64_t max_tokens, const Options& options);

// The texts of the prompt, joined by newlines: the last user message, and what stands before it.
std::string question_of(const boost::json::object& body);
std::string background_of(const boost::json::object& body);

// The tool_result blocks of the conversation.
std::int64_t tool_results_in(const boost::json::object& body);

// Whether the model thinks before this answer.
bool thinks(const boost::json::object& body, const Model& model);

}  // namespace baton::mock_api
