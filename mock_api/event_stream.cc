#include "mock_api/event_stream.h"

#include <algorithm>

#include "base/check.h"

namespace baton::mock_api {
namespace {

// Where no number of deltas is given: about what models send at a time, and not more a second than
// a person could not tell apart.
constexpr std::size_t kBytesPerDelta = 24;
constexpr std::size_t kMaxDeltasPerSecond = 50;
constexpr std::size_t kBytesPerInstantDelta = 16'384;

std::size_t pieces_for(std::size_t bytes, const Delivery& delivery) {
  if (bytes == 0) return 0;
  if (delivery.deltas > 0) return static_cast<std::size_t>(delivery.deltas);
  const auto ms = static_cast<std::size_t>(delivery.stream_length.count());
  if (ms == 0) return 1 + bytes / kBytesPerInstantDelta;
  return std::clamp<std::size_t>(bytes / kBytesPerDelta, 1,
                                 std::max<std::size_t>(1, ms * kMaxDeltasPerSecond / 1'000));
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

EventStream::EventStream(MessageHead head, Answer answer, const Delivery& delivery)
    : head_(std::move(head)),
      answer_(std::move(answer)),
      length_(delivery.stream_length),
      pieces_(pieces_for(answer_.text.size(), delivery)),
      last_(pieces_ + 1),
      breaks_(delivery.breaks),
      error_type_(delivery.event_error_type) {
  const auto before =
      static_cast<std::size_t>(delivery.break_at * static_cast<double>(pieces_ + 1));
  const std::size_t step = 1 + std::min(before, pieces_);
  if (breaks_ == Delivery::Break::kMalformed) malformed_ = step;
  if (breaks_ == Delivery::Break::kCut || breaks_ == Delivery::Break::kErrorEvent) last_ = step;
}

Millis EventStream::due() const {
  if (next_ == 0 || pieces_ == 0) return Millis(0);
  const auto step = static_cast<std::int64_t>(std::min(next_, pieces_));
  return Millis(length_.count() * step / static_cast<std::int64_t>(pieces_));
}

// Pieces are of even length, but never cut a character in two.
std::size_t EventStream::begin_of(std::size_t piece) const {
  std::size_t at = answer_.text.size() * piece / pieces_;
  while (at > 0 && at < answer_.text.size() && continues_character(answer_.text[at])) --at;
  return at;
}

std::string EventStream::piece(std::size_t number) {
  if (number > pieces_) return closing_events(head_, answer_);
  const std::size_t begin = begin_of(number - 1);
  const std::size_t end = begin_of(number);
  text_sent_ = end;
  return delta_event(head_, answer_, std::string_view(answer_.text).substr(begin, end - begin));
}

std::string EventStream::next() {
  BATON_CHECK(!done());
  const std::size_t step = next_++;
  if (step == 0) return opening_events(head_, answer_);
  const bool breaks_here = step == last_ && malformed_ == 0 && breaks_ != Delivery::Break::kNone;
  if (breaks_here) {
    broken_ = true;
    if (breaks_ == Delivery::Break::kErrorEvent) {
      return event("error", stream_error(error_type_, "Overloaded"));
    }
    const std::size_t sent = text_sent_;
    std::string half = piece(step);
    text_sent_ = sent;  // half an event is not a piece of the answer
    half.resize(half.size() / 2);
    return half;
  }
  std::string bytes = piece(step);
  if (step == malformed_) bytes = event("content_block_delta", R"({"type":"content_block_delta",)");
  return bytes;
}

}  // namespace baton::mock_api
