#include "app/approval.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/fd.h"
#include "base/text.h"

namespace baton {
namespace {

// The first letter of a line from the terminal, in lower case; none at its end, or once cancelled.
std::optional<char> answered_on(int terminal, const Cancellation& cancel) {
  std::string line;
  while (true) {
    pollfd waiting[2] = {{terminal, POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return std::nullopt;
    if (waiting[1].revents != 0) return std::nullopt;
    if (waiting[0].revents == 0) continue;
    char c = 0;
    if (::read(terminal, &c, 1) != 1) return std::nullopt;
    if (c != '\n') {
      if (line.size() < 16) line += c;
      continue;
    }
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == line.npos) return 'n';
    return static_cast<char>(line[first] | 0x20);
  }
}

Fd open_terminal() {
  return Fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
}

class TerminalApproval final : public Approval {
 public:
  TerminalApproval(Loop& loop, StatusLine& line)
      : loop_(loop), line_(line), terminal_(open_terminal()) {}

  ~TerminalApproval() override {
    give_up();
    for (std::thread& thread : asking_) thread.join();
  }

  void give_up() override { cancel_.cancel(); }

  void ask(const std::string& text, const std::string& question,
           std::function<void(std::optional<bool>)> answered) override {
    if (!terminal_.ok()) return answered(std::nullopt);
    asking_.emplace_back([this, text, question, answered = std::move(answered)] {
      const std::optional<char> letter = put(text, question + " [y/N] ");
      loop_.post([alive = std::weak_ptr<bool>(alive_), answered, letter] {
        if (alive.expired()) return;
        answered(letter ? std::optional(*letter == 'y') : std::nullopt);
      });
    });
  }

  bool allow_command(const std::string& command) override {
    if (all_commands_) return true;
    if (!terminal_.ok()) return false;
    const char letter = put("A worker wants to run, in its sandbox:\n  " + command,
                            "Run it? y: yes, a: and all others of this run, anything else: no ")
                            .value_or('n');
    if (letter == 'a') all_commands_ = true;
    return letter == 'y' || letter == 'a';
  }

 private:
  std::optional<char> put(const std::string& text, const std::string& question) {
    const std::lock_guard lock(mutex_);
    if (all_commands_ && question.starts_with("Run it?")) return 'a';
    if (cancel_.cancelled()) return std::nullopt;
    pause(true);
    const std::string shown = fmt::format("\r\n{}\n{}", for_terminal(text), question);
    // What was typed before the question was there is no answer to it.
    ::tcflush(terminal_.get(), TCIFLUSH);
    std::optional<char> letter;
    if (::write(terminal_.get(), shown.data(), shown.size()) > 0)
      letter = answered_on(terminal_.get(), cancel_);
    pause(false);
    return letter;
  }

  void pause(bool paused) {
    loop_.post([alive = std::weak_ptr<bool>(alive_), this, paused] {
      if (!alive.expired()) line_.pause(paused);
    });
  }

  Loop& loop_;
  StatusLine& line_;
  Fd terminal_;
  Cancellation cancel_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // used on the loop's thread alone
  std::atomic<bool> all_commands_ = false;
  std::mutex mutex_;  // held while a question stands on the terminal
  std::vector<std::thread> asking_;
};

class NobodyToAsk final : public Approval {
 public:
  void ask(const std::string&, const std::string&,
           std::function<void(std::optional<bool>)> answered) override {
    answered(std::nullopt);
  }
  bool allow_command(const std::string&) override { return false; }
  void give_up() override {}
};

}  // namespace

std::unique_ptr<Approval> nobody_to_ask() {
  return std::make_unique<NobodyToAsk>();
}

bool can_be_asked() {
  return open_terminal().ok();
}

std::unique_ptr<Approval> make_approval(Loop& loop, StatusLine& line) {
  return std::make_unique<TerminalApproval>(loop, line);
}

}  // namespace baton
