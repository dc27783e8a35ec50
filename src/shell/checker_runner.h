// CheckerRunner: runs checkers on the changed files and brings their findings home. A plain
// interface, so that the driver can be run against a simulated world as well.
//
// A checker never sees the repository: the new side of the files it is to read is laid out in a
// private folder that is thrown away afterwards, and it starts in another, empty one. So no
// configuration of the reviewed repository is found by being near.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "change/change.h"
#include "change/finding.h"
#include "checker/checker.h"
#include "shell/loop.h"

namespace baton {

struct CheckerJob {
  std::vector<Checker> checkers;
  std::vector<std::string> paths;  // of the change; each checker gets those of its languages
  std::string task_type;           // only findings of this type; empty: of every type
  std::string source;              // "t3": what findings name, as "t3 (cppcheck)"
};

// How one checker fared.
struct CheckerOutcome {
  enum class State { kRan, kMissing, kFailed, kTimedOut };

  std::string checker;
  State state = State::kRan;
  int files = 0;       // that it was to read
  std::string detail;  // for kMissing and kFailed: why, and what to do

  bool operator==(const CheckerOutcome&) const = default;
};

struct CheckerReport {
  std::vector<Finding> findings;         // on added lines only, merged, by file and line
  std::vector<CheckerOutcome> outcomes;  // of the checkers that had files, in the job's order
  std::vector<std::string> unread;       // paths of the job that no checker could be given

  // Every checker that had files ran to its end: what it covers needs no model.
  bool complete() const;
  bool any_ran() const;
  // For people, empty if there is nothing to say: "ran cppcheck, pylint; oxlint is not installed".
  std::string note() const;
};

class CheckerRunner {
 public:
  virtual ~CheckerRunner() = default;
  // `done` is called once, on the loop's thread, never from inside run(). `change` is not needed
  // after run() has returned.
  virtual void run(const CheckerJob& job, const Change& change,
                   std::function<void(CheckerReport)> done) = 0;
};

struct CheckerRunnerOptions {
  std::vector<std::string> tool_folders;  // looked in before PATH; see default_tool_folders()
  int parallel = 2;                       // programs at once
  Millis limit = Millis::seconds(60);     // for each
};

// Where the npm programs are: $BATON_TOOLS, the tools folder of the source tree this program was
// built in, /usr/lib/baton/tools; each with its node_modules/.bin.
std::vector<std::string> default_tool_folders();

// Results are remembered while it lives: one run of a checker that serves several tasks on the same
// files is one run. Letting go of it kills what runs; nothing more is reported.
std::unique_ptr<CheckerRunner> make_checker_runner(Loop& loop, CheckerRunnerOptions options = {});

}  // namespace baton
