#include "shell/background.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace baton {
namespace {

class Threads final : public Background {
 public:
  Threads(Loop& loop, int threads) : loop_(loop) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Threads() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(std::function<void()> work, std::function<void()> then) override {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({std::move(work), std::move(then)});
    }
    wake_.notify_one();
  }

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> then;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job.work();
      job.work = nullptr;
      // `then`, and what it holds, ends where it is called.
      loop_.post([alive = std::weak_ptr<bool>(alive_), then = std::move(job.then)] {
        if (!alive.expired()) then();
      });
      lock.lock();
    }
  }

  Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // used on the loop's thread alone
  std::mutex mutex_;                                            // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;  // last: they use all the others
};

}  // namespace

std::unique_ptr<Background> make_background(Loop& loop, int threads) {
  return std::make_unique<Threads>(loop, threads);
}

}  // namespace baton
