#include "provider/sse.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace baton {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events events_of(const std::vector<std::string>& pieces) {
  SseSplitter splitter;
  Events events;
  for (const std::string& piece : pieces) {
    splitter.feed(piece, [&](std::string_view event, std::string_view data) {
      events.emplace_back(event, data);
    });
  }
  return events;
}

TEST(SseTest, ABlankLineEndsAnEvent) {
  EXPECT_EQ(events_of({"event: ping\ndata: {}\n\nevent: stop\ndata: 1\n\n"}),
            (Events{{"ping", "{}"}, {"stop", "1"}}));
}

TEST(SseTest, AllThreeLineEndsAreRead) {
  const Events expected{{"a", "1"}, {"", "2"}};
  EXPECT_EQ(events_of({"event:a\ndata:1\n\ndata:2\n\n"}), expected);
  EXPECT_EQ(events_of({"event:a\r\ndata:1\r\n\r\ndata:2\r\n\r\n"}), expected);
  EXPECT_EQ(events_of({"event:a\rdata:1\r\rdata:2\r\r"}), expected);
}

TEST(SseTest, ACarriageReturnAndItsLineFeedInTwoPiecesAreOneLineEnd) {
  EXPECT_EQ(events_of({"data: 1\r", "\ndata: 2\r", "\n\r", "\n"}), (Events{{"", "1\n2"}}));
}

TEST(SseTest, SeveralDataLinesAreJoinedWithANewline) {
  EXPECT_EQ(events_of({"data: a\ndata:\ndata: b\n\n"}), (Events{{"", "a\n\nb"}}));
}

TEST(SseTest, CommentsUnknownFieldsAndEventsWithoutDataAreSkipped) {
  EXPECT_EQ(events_of({": keep-alive\n\nid: 7\nretry: 3\nevent: lone\n\ndata: x\n\n"}),
            (Events{{"", "x"}}));
}

TEST(SseTest, OnlyOneSpaceAfterTheColonIsDropped) {
  EXPECT_EQ(events_of({"data:  x \n\n"}), (Events{{"", " x "}}));
}

TEST(SseTest, AByteOrderMarkBeforeTheFirstLineIsNotPartOfIt) {
  EXPECT_EQ(events_of({"\xEF\xBB", "\xBF", "data: x\n\n"}), (Events{{"", "x"}}));
}

TEST(SseTest, ALastEventWithoutItsBlankLineIsDropped) {
  EXPECT_EQ(events_of({"data: whole\n\ndata: half\n"}), (Events{{"", "whole"}}));
}

TEST(SseTest, ALineThatNeverEndsIsRefusedInsteadOfFillingTheMemory) {
  SseSplitter splitter;
  const std::string piece(1u << 20, 'x');
  bool reading = true;
  int pieces = 0;
  for (; reading && pieces < 100; ++pieces) {
    reading = splitter.feed(piece, [](std::string_view, std::string_view) {});
  }
  EXPECT_EQ(pieces, 9);
}

TEST(SseTest, DataOfManyLinesIsRefusedOnceItIsTooLarge) {
  SseSplitter splitter;
  const std::string line = "data: " + std::string(1u << 20, 'x') + "\n";
  int accepted = 0;
  int events = 0;
  const auto count = [&](std::string_view, std::string_view) { ++events; };
  while (splitter.feed(line, count)) ++accepted;
  EXPECT_EQ(accepted, 7);  // the eighth would pass the limit by the newlines between them
  EXPECT_FALSE(splitter.feed("\n\ndata: late\n\n", count));
  EXPECT_EQ(events, 0);
}

RC_GTEST_PROP(SseProperty, WhereTheStreamIsCutDoesNotMatter, ()) {
  const auto symbols =
      *rc::gen::container<std::string>(rc::gen::element('\n', '\r', ':', ' ', 'a', 'd', '\n'));
  std::string stream;
  for (const char symbol : symbols) {
    stream += symbol == 'd' ? std::string("data:") : std::string(1, symbol);
  }
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < stream.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 6);
    pieces.push_back(stream.substr(at, length));
    at += length;
  }
  RC_ASSERT(events_of(pieces) == events_of({stream}));
}

}  // namespace
}  // namespace baton
