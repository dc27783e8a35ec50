// A sprint file: the jobs of a sprint and its bounds. docs/sprint.md has every key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"

namespace baton {

enum class SprintJobKind { kReview, kFeature, kRun };
std::string_view to_string(SprintJobKind kind);  // as the command is called: "review", …

struct SprintJob {
  std::string name;  // "audit"; of a job that is repeated "audit#1", "audit#2", …
  SprintJobKind kind = SprintJobKind::kReview;
  std::string repo;                    // absolute
  std::vector<std::string> arguments;  // of its command, but for what the sprint gives every job
  std::string subject;              // the command's own argument: a range, a request; empty: none
  std::vector<std::string> places;  // absolute paths that its arguments name
  Money cap;                        // zero: it costs nothing
  int priority = 0;
  int line = 0;  // of the file

  bool operator==(const SprintJob&) const = default;
};

struct SprintPlan {
  std::string name;
  int parallel = 1;
  std::optional<int> minutes;
  std::optional<Money> budget;  // none: the sum of the jobs' caps
  std::vector<SprintJob> jobs;  // each repetition a job of its own

  bool operator==(const SprintPlan&) const = default;
};

// Paths in the file are of the folder it stands in. kInput, naming file, line, column and key.
Result<SprintPlan> parse_sprint(std::string_view toml, const std::string& file);

// kUsage, naming file and line, if a repository, folder or file that a job names is not there.
Status check_places(const SprintPlan& plan, const std::string& file);

}  // namespace baton
