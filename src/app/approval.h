// Approval: asking a person on the terminal, while a run goes on.
//
// The question stands on the terminal itself (/dev/tty), so that redirected streams do not matter.
// Whoever asks waits; several questions are asked one after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "report/status_line.h"
#include "shell/driver.h"
#include "shell/loop.h"

namespace baton {

class Approval {
 public:
  virtual ~Approval() = default;

  // On the loop's thread; `text` is made safe for a terminal. None: nobody answered (the end of the
  // input, or this was let go of).
  virtual void ask(const std::string& text, const std::string& question,
                   std::function<void(std::optional<bool>)> answered) = 0;
  // On any other thread: waits for the answer. "a" allows all commands of this run from now on.
  virtual bool allow_command(const std::string& command) = 0;
  // Whoever waits is told "no", and so is whoever asks from now on.
  virtual void give_up() = 0;
};

// Whether there is a terminal to ask on.
bool can_be_asked();

// Where there is no terminal, and never will be: nobody answers.
std::unique_ptr<Approval> nobody_to_ask();

// Everything outlives it. Requires: nobody waits in allow_command() when it is let go of.
std::unique_ptr<Approval> make_approval(Loop& loop, StatusLine& line);

}  // namespace baton
