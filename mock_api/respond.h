// What the model says to one valid request, live or in a batch, and what its output counts.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>

#include "mock_api/message_format.h"
#include "mock_api/models.h"
#include "mock_api/options.h"
#include "mock_api/script.h"

namespace baton::mock_api {

struct Question {
  const boost::json::object& body;
  const Model& model;
  const ScriptedAnswer* scripted = nullptr;  // null: the script is silent
  std::uint64_t seed = 0;
};

struct Response {
  MessageHead head;  // without ids
  Answer said;
};

// `prompt`: the classes the prompt is billed in. A refusal before any output has no usage at all.
Response respond(const Question& question, const Usage& prompt, const Options& options);

}  // namespace baton::mock_api
