// Events as the journal keeps them: a type name and a JSON object, both stable for ever.
//
// A name or a field once written is never reused for something else; a reader of a later version
// reads all earlier ones. Money is a decimal string in dollars, an Instant is milliseconds since
// 1970, enums are words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/event.h"

namespace baton {

struct EventText {
  std::string_view type;  // "call_reserved"
  std::string body;       // {"at":1795197891250,"call":3,…}; equal events give equal bytes
};

EventText write_event(const Event& event);
// kInput for an unknown type (the fold must stop: a state without that event would be a wrong one),
// a missing field or a wrong type, naming it.
Result<Event> read_event(std::string_view type, std::string_view body);

}  // namespace baton
