// StatusLine: shows Progress while a run works.
//
// On a terminal it redraws one line in place, at most ten times a second. Elsewhere (a file, a
// pipe, a CI log, TERM=dumb) it prints a plain line when a task has ended, the plan has closed or
// the note has changed, at most one a second. It reads no clock: the time comes with each call.
//
//   update(now, progress) … print("a note above it") … update(…) … finish()
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "report/progress.h"

namespace baton {

class StatusLine {
 public:
  enum class Kind { kTerminal, kPlain };

  // `out` stays the caller's and outlives this. `width`: the terminal's columns.
  StatusLine(std::FILE* out, Kind kind, int width);
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { finish(); }

  void resize(int width) { width_ = width; }
  void update(Instant now, const Progress& progress);
  // A line of its own above the status line. Made safe for a terminal.
  void print(std::string_view line);
  // While paused nothing is shown: somebody else writes there.
  void pause(bool paused);
  // Takes the line off the terminal; elsewhere prints the last state, if it has not been printed.
  void finish();

 private:
  void draw();
  void write(const std::string& bytes);

  std::FILE* out_;
  Kind kind_;
  int width_;
  std::optional<Progress> latest_;
  std::optional<Progress> shown_;
  Instant shown_at_;
  bool paused_ = false;
  bool drawn_ = false;  // the terminal's last line is ours
};

}  // namespace baton
