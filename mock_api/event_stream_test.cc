#include "mock_api/event_stream.h"

#include <gmock/gmock.h>

#include "mock_api/tokenizer.h"

namespace baton::mock_api {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const MessageHead kHead{.id = "msg_1", .model = "claude-opus-4-7", .usage = {.output = 9}};

EventStream stream_of(std::string text, const Delivery& delivery) {
  return EventStream(kHead, Answer{.text = std::move(text)}, delivery);
}

std::vector<std::string> all(EventStream& stream) {
  std::vector<std::string> pieces;
  while (!stream.done()) pieces.push_back(stream.next());
  return pieces;
}

TEST(EventStreamTest, DeltasAreSpreadEvenlyAndTheLastOneBringsTheEnd) {
  EventStream stream = stream_of("abcdefgh", {.stream_length = Millis::seconds(2), .deltas = 4});
  std::vector<Millis> dues;
  while (!stream.done()) {
    dues.push_back(stream.due());
    stream.next();
  }
  EXPECT_EQ(dues, (std::vector<Millis>{Millis(0), Millis(500), Millis(1'000), Millis(1'500),
                                       Millis(2'000), Millis(2'000)}));
  EXPECT_FALSE(stream.broken());
}

TEST(EventStreamTest, CharactersAreNotCutInTwo) {
  EventStream stream = stream_of("äöü€", {.deltas = 5});
  const std::vector<std::string> pieces = all(stream);
  EXPECT_THAT(pieces[1], HasSubstr("\"text\":\"\""));
  EXPECT_THAT(pieces[2], HasSubstr("\"text\":\"ä\""));
  EXPECT_EQ(pieces.size(), 7u);
}

TEST(EventStreamTest, ACutEndsInTheMiddleOfAnEventThatDoesNotCount) {
  EventStream stream =
      stream_of("abcd", {.deltas = 4, .breaks = Delivery::Break::kCut, .break_at = 0.5});
  const std::vector<std::string> pieces = all(stream);
  EXPECT_EQ(pieces.size(), 4u);  // opening, two deltas, half of the third
  EXPECT_THAT(pieces.back(), testing::Not(EndsWith("\n\n")));
  EXPECT_EQ(stream.text_sent(), 2u);
  EXPECT_TRUE(stream.broken());
}

TEST(EventStreamTest, AnErrorEventIsTheLastOne) {
  EventStream stream =
      stream_of("abcd", {.deltas = 4, .breaks = Delivery::Break::kErrorEvent, .break_at = 0});
  const std::vector<std::string> pieces = all(stream);
  EXPECT_EQ(pieces.size(), 2u);
  EXPECT_THAT(pieces.back(), StartsWith("event: error\n"));
  EXPECT_TRUE(stream.broken());
}

TEST(EventStreamTest, AMalformedEventIsOneOfAWholeStream) {
  EventStream stream =
      stream_of("abcd", {.deltas = 4, .breaks = Delivery::Break::kMalformed, .break_at = 0.5});
  const std::vector<std::string> pieces = all(stream);
  EXPECT_EQ(pieces[3], "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\n\n");
  EXPECT_THAT(pieces.back(), EndsWith("{\"type\":\"message_stop\"}\n\n"));
  EXPECT_FALSE(stream.broken());
  EXPECT_EQ(stream.text_sent(), 4u);
}

}  // namespace
}  // namespace baton::mock_api
