// A streamed answer on its way: which bytes come next, and when they are due.
//
//   while (!stream.done()) { wait until stream.due(); send stream.next(); }
//   if (stream.broken()) close the connection without ending the response
#pragma once

#include <string>

#include "mock_api/message_format.h"

namespace baton::mock_api {

class EventStream {
 public:
  EventStream(MessageHead head, Answer answer, const Delivery& delivery);

  bool done() const { return next_ > last_; }
  // From the beginning of the response. Requires: !done().
  Millis due() const;
  // Requires: !done().
  std::string next();
  // The answer was not, and will not be, sent to its end. Known once done().
  bool broken() const { return broken_; }
  // The bytes of the answer's text that were sent so far.
  std::size_t text_sent() const { return text_sent_; }

 private:
  std::size_t begin_of(std::size_t piece) const;
  std::string piece(std::size_t number);

  MessageHead head_;
  Answer answer_;
  Millis length_;
  std::size_t pieces_ = 0;
  // Step 0 opens the message, 1 … pieces_ are its deltas, the last one closes it or breaks it.
  std::size_t next_ = 0;
  std::size_t last_ = 0;
  std::size_t malformed_ = 0;  // this step is no JSON; 0: none
  Delivery::Break breaks_ = Delivery::Break::kNone;
  std::string error_type_;
  std::size_t text_sent_ = 0;
  bool broken_ = false;
};

}  // namespace baton::mock_api
