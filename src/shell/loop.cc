#include "shell/loop.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <queue>
#include <utility>

#include "base/check.h"

namespace baton {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Work = std::function<void()>;

// Where no pidfd can be had (descriptors used up), the child is looked at this often.
constexpr Millis kPollChildEvery{20};

struct Deadline {
  Clock::time_point at;
  std::uint64_t order;  // equal times run in the order they were asked for
  Work work;
};

struct Later {
  bool operator()(const Deadline& a, const Deadline& b) const {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

// The status of `pid` if it has ended; it is reaped then.
std::optional<int> reap(int pid) {
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = waitpid(pid, &status, WNOHANG);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return std::nullopt;
  // A parent that ignores SIGCHLD makes the kernel reap our children; their status is lost then.
  if (reaped < 0) return 255;
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

// All deadlines share one timer, re-armed only when an earlier one comes: each arming of an asio
// timer costs a system call, a heap entry costs none.
struct Loop::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> idle{io.get_executor()};
  asio::steady_timer timer{io};
  std::optional<Clock::time_point> armed_for;
  std::priority_queue<Deadline, std::vector<Deadline>, Later> deadlines;
  std::uint64_t deadlines_made = 0;
  asio::signal_set signals{io};
  std::function<void(int)> on_interrupt;
  bool interrupted = false;

  void arm() {
    if (deadlines.empty()) return;
    const Clock::time_point at = deadlines.top().at;
    if (armed_for && *armed_for <= at) return;
    armed_for = at;
    timer.expires_at(at);
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;  // re-armed for an earlier time
      armed_for.reset();
      run_due();
      arm();
    });
  }

  void run_due() {
    const Clock::time_point now = Clock::now();
    while (!deadlines.empty() && deadlines.top().at <= now) {
      // top() is const only to protect the order, which pop() ends at once.
      Work work = std::move(const_cast<Deadline&>(deadlines.top()).work);
      deadlines.pop();
      work();
    }
  }

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      const bool first = !std::exchange(interrupted, true);
      if (first || number != SIGHUP) on_interrupt(number);
      wait_for_signal();
    });
  }
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::run() {
  state_->io.restart();
  state_->io.run();
}

void Loop::stop() {
  state_->io.stop();
}

void Loop::post(std::function<void()> work) {
  asio::post(state_->io, std::move(work));
}

void Loop::after(Millis length, std::function<void()> work) {
  if (length <= Millis(0)) return post(std::move(work));
  state_->deadlines.push({Clock::now() + std::chrono::milliseconds(length.count()),
                          state_->deadlines_made++, std::move(work)});
  state_->arm();
}

void Loop::on_interrupt(std::function<void(int)> handler) {
  const bool first = !state_->on_interrupt;
  state_->on_interrupt = std::move(handler);
  if (!first) return;
  state_->signals.add(SIGINT);
  state_->signals.add(SIGTERM);
  struct sigaction inherited = {};
  if (::sigaction(SIGHUP, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) {
    state_->signals.add(SIGHUP);
  }
  state_->wait_for_signal();
}

void Loop::on_child_exit(int pid, std::function<void(int)> work) {
  // glibc 2.36 declares pidfd_open without C linkage, so it cannot be called by name.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) {
    after(kPollChildEvery, [this, pid, work = std::move(work)]() mutable {
      if (const std::optional<int> status = reap(pid)) return work(*status);
      on_child_exit(pid, std::move(work));
    });
    return;
  }
  auto watched = std::make_shared<asio::posix::stream_descriptor>(state_->io, fd);
  watched->async_wait(
      asio::posix::stream_descriptor::wait_read,
      [pid, watched, work = std::move(work)](const boost::system::error_code& error) {
        if (error) return;
        const std::optional<int> status = reap(pid);
        BATON_CHECK(status.has_value());  // a pidfd is readable only once its process has ended
        work(*status);
      });
}

Instant system_now() {
  // The wall clock is read once. From then on time only goes forward, as the timers do: a wall
  // clock that is set back would leave what waits for an instant waiting for all that was set back.
  using std::chrono::steady_clock;
  static const auto wall_at_start = std::chrono::system_clock::now().time_since_epoch();
  static const auto steady_at_start = steady_clock::now();
  const auto now = wall_at_start + (steady_clock::now() - steady_at_start);
  return Instant::from_unix_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

boost::asio::io_context& Loop::context() {
  return state_->io;
}

}  // namespace baton
