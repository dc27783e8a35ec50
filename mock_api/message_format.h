// A response's JSON: the whole message, and the parts a stream is made of.
#pragma once

#include <string>
#include <string_view>

#include "mock_api/answer.h"
#include "mock_api/meter.h"

namespace baton::mock_api {

// Of every thinking block; requests must give it back.
inline constexpr std::string_view kSignature = "bW9jay1zaWduYXR1cmU=";

// What a response tells of itself besides the answer.
struct MessageHead {
  std::string id;       // "msg_…"
  std::string tool_id;  // "toolu_…"
  std::string_view model;
  Usage usage;
  bool us_geography = false;
  bool fast = false;
  bool batch = false;
};

// The complete Message, as a plain response carries it. An empty answer text gives empty content.
std::string message_json(const MessageHead& head, const Answer& answer);

// The events before the first piece of the answer, and those after the last one.
std::string opening_events(const MessageHead& head, const Answer& answer);
std::string closing_events(const MessageHead& head, const Answer& answer);
// One piece of the answer, in the content block the opening began.
std::string delta_event(const MessageHead& head, const Answer& answer, std::string_view piece);
std::string event(std::string_view name, std::string_view data);

}  // namespace baton::mock_api
