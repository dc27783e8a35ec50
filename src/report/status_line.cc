#include "report/status_line.h"

#include "base/text.h"

namespace baton {
namespace {

constexpr Millis kRedrawEvery{100};
constexpr Millis kPlainLineEvery{1000};
constexpr int kPlainWidth = 100;

constexpr std::string_view kClearLine = "\r\x1b[K";
// Without wrapping, a terminal that has become narrower cuts the line instead of scrolling.
constexpr std::string_view kWrapOff = "\x1b[?7l";
constexpr std::string_view kWrapOn = "\x1b[?7h";

// What is worth a line in a log.
bool differs(const Progress& a, const Progress& b) {
  return a.done != b.done || a.skipped != b.skipped || a.plan_open != b.plan_open ||
         a.note != b.note;
}

}  // namespace

StatusLine::StatusLine(std::FILE* out, Kind kind, int width)
    : out_(out), kind_(kind), width_(width) {}

void StatusLine::update(Instant now, const Progress& progress) {
  latest_ = progress;
  if (paused_) return;
  if (shown_) {
    const Millis since = now - shown_at_;
    // A clock that was set back must not silence us.
    const bool soon =
        since >= Millis(0) && since < (kind_ == Kind::kTerminal ? kRedrawEvery : kPlainLineEvery);
    if (soon || (kind_ == Kind::kPlain && !differs(*shown_, progress))) return;
  }
  shown_at_ = now;
  draw();
}

void StatusLine::print(std::string_view line) {
  std::string bytes(drawn_ ? kClearLine : "");
  bytes.append(for_terminal(line)).append("\n");
  drawn_ = false;
  write(bytes);
  if (kind_ == Kind::kTerminal && latest_) draw();
}

void StatusLine::pause(bool paused) {
  if (drawn_) write(std::string(kClearLine));
  drawn_ = false;
  paused_ = paused;
}

void StatusLine::finish() {
  if (kind_ == Kind::kPlain && latest_ && shown_ && differs(*shown_, *latest_)) draw();
  if (drawn_) write(std::string(kClearLine));
  drawn_ = false;
  latest_.reset();
}

void StatusLine::draw() {
  shown_ = latest_;
  if (kind_ == Kind::kPlain) return write(progress_line(*latest_, kPlainWidth) + "\n");
  std::string bytes(kClearLine);
  // One column stays free: a full line makes some terminals wrap all the same.
  bytes.append(kWrapOff).append(progress_line(*latest_, width_ - 1)).append(kWrapOn);
  drawn_ = true;
  write(bytes);
}

void StatusLine::write(const std::string& bytes) {
  // A terminal that has gone away is no reason to stop a run.
  std::fwrite(bytes.data(), 1, bytes.size(), out_);
  std::fflush(out_);
}

}  // namespace baton
