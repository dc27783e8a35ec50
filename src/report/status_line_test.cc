#include "report/status_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/example_money.h"

namespace baton {
namespace {

Progress busy() {
  return {.done = 3,
          .running = 4,
          .planned = 9,
          .spent = dollars("0.0421"),
          .budget = dollars("2"),
          .cached_percent = 61.3,
          .elapsed = Millis(12'400)};
}

TEST(ProgressTest, ALineSaysHowFarItIsAndWhatItCost) {
  EXPECT_EQ(progress_line(busy(), 100),
            "  3/9 tasks · 4 running · $0.0421 of $2.00 · cache 61% · 12.4s");
}

TEST(ProgressTest, ThereIsNoTaskBeforeThePlanNamesOne) {
  EXPECT_EQ(progress_line({.plan_open = true}, 100), "  planning · $0.00 · 0ms");
}

TEST(ProgressTest, APlanThatStillGrowsIsMarkedSo) {
  Progress progress = busy();
  progress.plan_open = true;
  progress.waiting = 2;
  progress.skipped = 1;
  progress.held = dollars("0.1");
  progress.note = "waits 5s: the provider is overloaded";
  EXPECT_EQ(progress_line(progress, 200),
            "  4/9+ tasks · 4 running · 2 waiting · 1 skipped · $0.0421 of $2.00 · $0.1000 held · "
            "cache 61% · 12.4s · waits 5s: the provider is overloaded");
}

TEST(ProgressTest, WhatMattersLeastIsLeftOutFirst) {
  EXPECT_EQ(progress_line(busy(), 60), "  3/9 tasks · 4 running · $0.0421 of $2.00 · 12.4s");
  EXPECT_EQ(progress_line(busy(), 45), "  3/9 tasks · 4 running · $0.0421 of $2.00");
  EXPECT_EQ(progress_line(busy(), 35), "  3/9 tasks · $0.0421 of $2.00");
  EXPECT_EQ(progress_line(busy(), 15), "  3/9 tasks");
  EXPECT_EQ(progress_line(busy(), 5), "  3/9");
  EXPECT_EQ(progress_line(busy(), 0), "");
  EXPECT_EQ(progress_line(busy(), -1), "");
}

TEST(ProgressTest, ANoteFromOutsideStaysOnTheLine) {
  Progress progress = busy();
  progress.note = "a\nb\x1b[2J";
  const std::string line = progress_line(progress, 200);
  EXPECT_EQ(line.substr(line.rfind("· ")), "· a b\uFFFD[2J");
}

// A file in memory that a StatusLine writes to.
class Screen {
 public:
  Screen() : file_(open_memstream(&bytes_, &size_)) {}
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() {
    std::fclose(file_);
    std::free(bytes_);
  }
  std::FILE* file() { return file_; }
  // What was written since the last call.
  std::string next() {
    std::fflush(file_);
    std::string fresh(bytes_ + read_, size_ - read_);
    read_ = size_;
    return fresh;
  }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t read_ = 0;
  std::FILE* file_;
};

Instant at(std::int64_t ms) {
  return Instant::from_unix_ms(1'000'000 + ms);
}

Progress done(int count) {
  return {.done = count, .planned = 9};
}

const std::string kClear = "\r\x1b[K";

std::string drawn(const std::string& line) {
  return kClear + "\x1b[?7l" + line + "\x1b[?7h";
}

TEST(StatusLineTest, OnATerminalOneLineIsRedrawnAtMostTenTimesASecond) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
  line.update(at(0), done(1));
  EXPECT_EQ(screen.next(), drawn("  1/9 tasks · $0.00 · 0ms"));
  line.update(at(99), done(2));
  EXPECT_EQ(screen.next(), "");
  line.update(at(100), done(3));
  EXPECT_EQ(screen.next(), drawn("  3/9 tasks · $0.00 · 0ms"));
  line.finish();
  EXPECT_EQ(screen.next(), kClear);
}

TEST(StatusLineTest, OtherLinesStandAboveIt) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
  line.print("before");
  EXPECT_EQ(screen.next(), "before\n");
  line.update(at(0), done(1));
  screen.next();
  line.print("note\x1b[2J");
  EXPECT_EQ(screen.next(), kClear + "note\uFFFD[2J\n" + drawn("  1/9 tasks · $0.00 · 0ms"));
}

TEST(StatusLineTest, ANarrowTerminalGetsAShorterLine) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
  line.resize(16);
  line.update(at(0), busy());
  EXPECT_EQ(screen.next(), drawn("  3/9 tasks"));
}

TEST(StatusLineTest, NothingIsLeftOnTheTerminalWhenItGoes) {
  Screen screen;
  {
    StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
    line.update(at(0), done(1));
    screen.next();
  }
  EXPECT_EQ(screen.next(), kClear);
}

TEST(StatusLineTest, ALogGetsALineWhenATaskHasEndedAndNoEscapes) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kPlain, 80);
  line.update(at(0), done(0));
  EXPECT_EQ(screen.next(), "  0/9 tasks · $0.00 · 0ms\n");
  Progress spent = done(0);
  spent.spent = dollars("1");
  line.update(at(5'000), spent);
  EXPECT_EQ(screen.next(), "");
  line.update(at(5'100), done(1));
  EXPECT_EQ(screen.next(), "  1/9 tasks · $0.00 · 0ms\n");
}

TEST(StatusLineTest, ALogGetsAtMostOneLineASecondAndTheLastStateAtTheEnd) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kPlain, 80);
  for (int i = 0; i < 1'000; ++i) line.update(at(i), {.done = i, .planned = 1'000});
  EXPECT_EQ(screen.next(), "  0/1,000 tasks · $0.00 · 0ms\n");
  line.finish();
  EXPECT_EQ(screen.next(), "  999/1,000 tasks · $0.00 · 0ms\n");
  line.finish();
  EXPECT_EQ(screen.next(), "");
}

TEST(StatusLineTest, AClockThatIsSetBackDoesNotSilenceIt) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
  line.update(at(0), done(1));
  screen.next();
  line.update(at(-60'000), done(2));
  EXPECT_EQ(screen.next(), drawn("  2/9 tasks · $0.00 · 0ms"));
}

TEST(StatusLineTest, WhilePausedTheTerminalIsSomebodyElses) {
  Screen screen;
  StatusLine line(screen.file(), StatusLine::Kind::kTerminal, 80);
  line.update(Instant::from_unix_ms(0), busy());
  screen.next();
  line.pause(true);
  EXPECT_EQ(screen.next(), "\r\x1b[K");
  line.update(Instant::from_unix_ms(1000), busy());
  EXPECT_EQ(screen.next(), "");
  line.pause(false);
  line.update(Instant::from_unix_ms(2000), busy());
  EXPECT_NE(screen.next(), "");
}

}  // namespace
}  // namespace baton
