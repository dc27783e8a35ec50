// ToolRunner: runs the tool calls of one answer on threads of its own and brings the results home
// to the loop's thread. A plain interface, so that the driver can be run against a simulated world.
//
// Of one turn, calls that change nothing run side by side; one that may change the workspace waits
// for all before it, and all after it wait for it. So what the model sees is what it would have
// seen had they run one after the other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/call_outcome.h"
#include "shell/loop.h"
#include "tool/tool.h"

namespace baton {

struct ToolTurn {
  std::vector<ToolUse> uses;
  std::vector<std::string> allowed;
  // Held until the turn has ended, with whatever owns what it refers to (an aliasing pointer). Its
  // functions are called on the runner's threads; its `cancel` is not used.
  std::shared_ptr<const ToolSite> site;
};

// One call and what came of it.
struct ToolCallRecord {
  ToolUse use;
  ToolResult result;
  Millis took;
};

struct ToolTurnEnd {
  std::vector<ToolCallRecord> calls;  // in the order they were asked for
  std::string reply;  // the JSON array of "tool_result" blocks that answers the model
  bool cancelled = false;

  bool changed() const;        // whether the workspace may be another than before
  std::string answer() const;  // of `finish`; empty: the attempt goes on
};

class ToolRunner {
 public:
  using TurnId = std::int64_t;

  virtual ~ToolRunner() = default;

  // `done` is called once, on the loop's thread, never from inside run(). `finish` beside other
  // calls is refused: its answer would be given without having seen their results.
  // Requires: uses is not empty.
  virtual TurnId run(ToolTurn turn, std::function<void(ToolTurnEnd)> done) = 0;
  // What runs is stopped, what has not begun never does; `done` is still called. Nothing happens if
  // the turn has ended.
  virtual void cancel(TurnId turn) = 0;
};

// `threads`: calls that run at the same time, of all turns together. Letting go of it stops what
// runs and waits for that; nothing more is reported, and no function of a site is called any more.
// So a function that waits for the loop's thread must have been told to stop waiting before.
std::unique_ptr<ToolRunner> make_tool_runner(Loop& loop, int threads);

// The blocks that answer the model, in the order of the calls.
std::string tool_results_json(const std::vector<ToolCallRecord>& calls);

}  // namespace baton
