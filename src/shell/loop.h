// Loop: the one thread on which everything of a run happens, and its clock. Other threads only
// post.
//
// A thin face over boost::asio::io_context, so that Boost headers stay in the .cc files that need
// them.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"
#include "shell/scheduler.h"

namespace boost::asio {
class io_context;
}

namespace baton {

// The time, wherever there is no loop to ask.
Instant system_now();

class Loop : public Scheduler {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(). Work that is posted meanwhile is done.
  void run();
  void stop();

  Instant now() const override { return system_now(); }
  void post(std::function<void()> work) override;
  void after(Millis length, std::function<void()> work) override;
  // On the loop's thread: `handler(signal number)` for each SIGINT and SIGTERM from now on, and for
  // the terminal going away (SIGHUP) if nothing came before it: kernel and shell both tell of that,
  // and nobody has asked twice. Whoever started us with SIGHUP ignored (nohup) is not asked at all.
  void on_interrupt(std::function<void(int)> handler);
  // On the loop's thread: `work(exit status)` when the child has ended (by its pidfd; the child is
  // reaped). Status: 0-255 an exit code, 256 + n killed by signal n.
  void on_child_exit(int pid, std::function<void(int)> work);

  // For the .cc files of shell/ only.
  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baton
