#include "shell/tool_runner.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/cancellation.h"
#include "base/check.h"
#include "base/json_string.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFinish = "finish";

bool is_changing(const ToolUse& use) {
  const Tool* tool = find_tool(use.name);
  return tool != nullptr && tool->changes();
}

// A turn that runs. All but `cancel` is guarded by the runner's mutex while threads work on it.
struct RunningTurn {
  enum class State { kWaiting, kStarted, kEnded };

  RunningTurn(ToolTurn asked, std::function<void(ToolTurnEnd)> then)
      : turn(std::move(asked)), site(*turn.site), done(std::move(then)) {
    site.cancel = &cancel;
    for (ToolUse& use : turn.uses) {
      changes.push_back(is_changing(use));
      end.calls.push_back({.use = std::move(use), .result = {}, .took = Millis(0)});
    }
    states.assign(end.calls.size(), State::kWaiting);
  }

  // Whether the call may begin, as far as those before it go.
  bool is_ready(std::size_t call) const {
    if (states[call] != State::kWaiting) return false;
    for (std::size_t before = 0; before < call; ++before) {
      if (states[before] != State::kEnded && (changes[call] || changes[before])) return false;
    }
    return true;
  }

  bool has_ended() const {
    return std::all_of(states.begin(), states.end(), [](State s) { return s == State::kEnded; });
  }

  ToolTurn turn;
  Cancellation cancel;
  ToolSite site;  // the turn's, with our `cancel`
  std::function<void(ToolTurnEnd)> done;
  std::vector<bool> changes;
  std::vector<State> states;
  ToolTurnEnd end;
};

class ThreadedToolRunner final : public ToolRunner {
 public:
  ThreadedToolRunner(Loop& loop, int threads) : loop_(loop) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
  }

  ~ThreadedToolRunner() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const auto& [id, turn] : turns_) turn->cancel.cancel();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  TurnId run(ToolTurn turn, std::function<void(ToolTurnEnd)> done) override {
    BATON_CHECK(!turn.uses.empty() && turn.site != nullptr);
    auto running = std::make_shared<RunningTurn>(std::move(turn), std::move(done));
    const TurnId id = ++last_id_;
    {
      const std::lock_guard lock(mutex_);
      refuse_finish_beside_others(*running);
      turns_.emplace(id, running);
      if (running->has_ended()) {
        report(id);
      } else {
        enqueue_ready(id, *running);
      }
    }
    wake_.notify_all();
    return id;
  }

  void cancel(TurnId id) override {
    const std::lock_guard lock(mutex_);
    const auto turn = turns_.find(id);
    if (turn == turns_.end()) return;
    turn->second->end.cancelled = true;
    turn->second->cancel.cancel();
  }

 private:
  struct Job {
    TurnId turn = 0;
    std::size_t call = 0;
  };

  static void refuse_finish_beside_others(RunningTurn& running) {
    if (running.end.calls.size() == 1) return;
    for (std::size_t i = 0; i < running.end.calls.size(); ++i) {
      if (running.end.calls[i].use.name != kFinish) continue;
      running.end.calls[i].result = {
          .text =
              "not accepted: finish was called beside other tools. Look at their results, then "
              "call it alone.",
          .failed = true};
      running.states[i] = RunningTurn::State::kEnded;
    }
  }

  void enqueue_ready(TurnId id, RunningTurn& running) {
    for (std::size_t call = 0; call < running.states.size(); ++call) {
      if (!running.is_ready(call)) continue;
      running.states[call] = RunningTurn::State::kStarted;
      jobs_.push_back({id, call});
    }
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      const Job job = jobs_.front();
      jobs_.pop_front();
      // Stays where it is until all its calls have ended, this one too.
      RunningTurn& running = *turns_.at(job.turn);
      const ToolUse use = running.end.calls[job.call].use;
      lock.unlock();
      const Clock::time_point begin = Clock::now();
      ToolResult result = call_tool(use.name, use.input, running.turn.allowed, running.site);
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
      lock.lock();
      ToolCallRecord& record = running.end.calls[job.call];
      record.result = std::move(result);
      record.took = Millis(took.count());
      running.states[job.call] = RunningTurn::State::kEnded;
      if (stopping_) return;
      if (running.has_ended()) {
        report(job.turn);
      } else {
        enqueue_ready(job.turn, running);
        wake_.notify_all();
      }
    }
  }

  // The turn goes with what is posted, so that its site is let go of on the loop's thread.
  void report(TurnId id) {
    std::shared_ptr<RunningTurn> running = std::move(turns_.at(id));
    turns_.erase(id);
    running->end.reply = tool_results_json(running->end.calls);
    loop_.post([alive = std::weak_ptr<bool>(alive_), running = std::move(running)] {
      if (!alive.expired()) running->done(std::move(running->end));
    });
  }

  Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // used on the loop's thread alone
  TurnId last_id_ = 0;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<TurnId, std::shared_ptr<RunningTurn>> turns_;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;  // last: they use all the others
};

}  // namespace

bool ToolTurnEnd::changed() const {
  return std::any_of(calls.begin(), calls.end(),
                     [](const ToolCallRecord& call) { return call.result.changed; });
}

std::string ToolTurnEnd::answer() const {
  for (const ToolCallRecord& call : calls) {
    if (!call.result.answer.empty()) return call.result.answer;
  }
  return "";
}

std::unique_ptr<ToolRunner> make_tool_runner(Loop& loop, int threads) {
  return std::make_unique<ThreadedToolRunner>(loop, threads);
}

std::string tool_results_json(const std::vector<ToolCallRecord>& calls) {
  std::string out = "[";
  for (const ToolCallRecord& call : calls) {
    if (out.size() > 1) out += ',';
    out += R"({"type":"tool_result","tool_use_id":)";
    append_json_string(out, call.use.id);
    out += R"(,"content":[{"type":"text","text":)";
    append_json_string(out, call.result.text.empty() ? "(nothing)" : call.result.text);
    out += "}]";
    if (call.result.failed) out += R"(,"is_error":true)";
    out += '}';
  }
  return out + "]";
}

}  // namespace baton
