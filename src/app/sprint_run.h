// SprintRun: one sitting of a sprint. Each job is a process of this same program, so that one that
// dies takes nothing with it; its caps and its journal make it safe, and this only decides which
// starts when.
//
//   started ──► its run ends by itself ──► noted
//          └──► SIGINT (time is up, or the user asks): it drains, pauses, and can be resumed
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/sprint_file.h"
#include "app/sprint_record.h"
#include "app/store.h"
#include "shell/loop.h"
#include "store/journal.h"
#include "workflow/sprint_queue.h"

namespace baton {

// What a sitting works with; everything outlives it.
struct SprintParts {
  Loop& loop;
  Journal& journal;
  const SprintFolder& folder;
  const SprintPlan& plan;
  SprintRecord& record;  // its last sitting is this one; saved after every change
  StorePlace place;      // of the jobs, its folder absolute
  std::string prices;    // likewise; empty: the built-in ones
  Money budget;
};

// Why a sitting ended before everything was done.
struct SprintStop {
  enum class Cause { kNone, kTime, kUser, kProvider } cause = Cause::kNone;
  std::string reason;
};

class SprintRun {
 public:
  explicit SprintRun(SprintParts parts);
  ~SprintRun();

  // Until nothing runs and nothing will. kStorage if it can not be noted what was done: nothing
  // more is started then, and what runs goes on by itself.
  Result<SprintStop> run();

 private:
  struct Live;

  Status reconcile();
  SprintQueue make_queue() const;
  void advance();
  Status begin(std::size_t index, Money cap);
  Result<int> spawn_job(std::size_t index, const Fd& lock);
  std::vector<std::string> command_of(std::size_t index) const;
  void watch_stranger(std::size_t index);
  // Its process is gone; `how` is what is known of that.
  void job_ended(std::size_t index, const std::string& how);
  Status note_end(std::size_t index, const std::string& how);
  void stop(SprintStop::Cause cause, std::string reason);
  void out_of_time();
  void interrupt();
  void fail(const Error& error);
  Status save();

  SprintParts parts_;
  SprintQueue queue_;
  std::vector<Live> live_;  // by job
  SprintStop stop_;
  int interrupts_ = 0;
  std::optional<Error> failure_;
};

}  // namespace baton
