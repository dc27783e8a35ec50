// What is kept of a sprint, in a folder of its own, STATE/sprints/ID:
//
//   sprint.json   its file, its sittings, its jobs with their runs: written whole each time
//   (atomic) 1.json …      the report of each job, as its command wrote it 1.log …       what each
//   job said 1.lock …      held by the job's process as long as it lives, whoever started it
//
// So a sprint whose process died goes on, and a later one of the same name can be compared with it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "base/time.h"
#include "report/sprint_report.h"
#include "store/run_lease.h"

namespace baton {

struct JobRecord {
  SprintJobLine line;
  int pid = 0;                   // of its process, while that runs
  std::optional<Instant> since;  // that it was last started
};

// One process's part of a sprint.
struct Sitting {
  Instant began;
  Instant until;  // as far as is known: if its process died, the last thing it noted
};

struct SprintRecord {
  std::string id;               // "s-" and twelve letters and digits
  std::string name;             // the sprint's
  std::string file;             // absolute
  std::string text;             // of the file, as it was then: what is resumed is what was begun
  std::optional<Money> budget;  // instead of the file's
  std::vector<Sitting> sittings;
  std::vector<JobRecord> jobs;  // as the plan has them

  Millis worked() const;
  SprintTotals totals() const;
};

std::string write_record(const SprintRecord& record);
// kStorage, naming `file`, if it is not what write_record() wrote.
Result<SprintRecord> read_record(std::string_view json, const std::string& file);

// The sprints of a state folder.
class SprintFolder {
 public:
  explicit SprintFolder(const std::filesystem::path& state) : folder_(state / "sprints") {}

  Status save(const SprintRecord& record) const;
  Result<SprintRecord> load(const std::string& id) const;  // kNotFound
  // Those of this name that were begun before, the latest first, `most` at most. What cannot be
  // read is passed over.
  std::vector<SprintRecord> earlier(const SprintRecord& than, std::size_t most) const;

  // The right to drive the sprint; its folder is made if it is not there. kBusy.
  Result<std::unique_ptr<RunLease>> lease(const std::string& id) const;
  std::filesystem::path file_of(const std::string& id, std::size_t job,
                                std::string_view extension) const;

 private:
  std::filesystem::path folder_;
};

// A job's lock file, to be its process's standard input: the lock lives as long as the descriptor
// is open anywhere. None: the job's process lives. kStorage if there can be no such file.
Result<std::optional<Fd>> lock_job(const std::filesystem::path& file);

}  // namespace baton
