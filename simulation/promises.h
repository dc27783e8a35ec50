// Promises: what must hold after each event of a run, judged from its bytes alone. One for each
// process, which begins with what is durable and is told what the process decides.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/audit.h"
#include "core/rules.h"
#include "core/run_state.h"
#include "simulation/coverage.h"

namespace baton::sim {

class Promises {
 public:
  // `only_gates`: nothing but the gate of its prefix can make a prepared call wait.
  Promises(const Rules& rules, bool only_gates, Coverage& coverage)
      : rules_(rules), only_gates_(only_gates), coverage_(coverage) {}

  // The promise that the event breaks; empty if none.
  std::string follow(const Event& event);

  const RunState& run() const { return run_; }
  void allow_overbilling() { audit_.run_may_be_overbilled = true; }

 private:
  std::string check_caps() const;
  std::string check_question(const CallReserved& reserved);
  void note_bought(const Event& event);
  std::string check_wait(const CallReserved& reserved);

  const Rules& rules_;
  bool only_gates_;
  Coverage& coverage_;
  RunState run_;
  Audit audit_;
  std::map<CallId, std::string> open_;              // their content keys
  std::map<TaskId, std::set<std::string>> bought_;  // likewise, of useful answers
  std::map<std::string, int> writes_;               // calls with that prefix
  std::map<TaskId, int> writes_before_;             // as it was prepared
};

}  // namespace baton::sim
