// Conversations: what was said so far in the attempts of a run that go over several turns.
//
// An answer's texts are stored with its end, and the next turn needs them at once: they are kept
// here from there on, and read from the journal only when a run is taken over.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/run_state.h"
#include "prompt/prompt.h"
#include "store/journal.h"

namespace baton {

class Conversations {
 public:
  // The turns of every attempt under way, from the journal. kNotFound or kStorage if a text cannot
  // be read.
  Status restore(const RunState& run, Journal& journal);

  // The task's call has ended, and its attempt may go on with this turn.
  void hold(TaskId task, PromptTurn turn);
  // What it says, once the tools that the answer asks for have been run.
  void reply(TaskId task, std::string blocks);
  // The answer that is held: JSON array of its blocks. Requires: there is one.
  const std::string& held(TaskId task) const { return held_.at(task).answer; }
  // By the events of a step: an attempt began anew or went on, a task ended.
  void follow(const Event& event);

  const std::vector<PromptTurn>& of(TaskId task) const;

 private:
  std::map<TaskId, std::vector<PromptTurn>> turns_;
  std::map<TaskId, PromptTurn> held_;
};

}  // namespace baton
