// Finding: one thing wrong at one line of what was reviewed, whoever said it: a model or a checker.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "change/change.h"

namespace baton {

enum class Severity { kInfo, kLow, kMedium, kHigh, kCritical };

std::string_view to_string(Severity severity);                 // "info" … "critical"
std::optional<Severity> severity_from(std::string_view name);  // any letter case

struct Finding {
  std::string file;
  int line = 0;
  Severity severity = Severity::kInfo;
  std::string category;  // a task type
  std::string message;
  std::string suggestion;   // empty where none was given
  double confidence = 1.0;  // 0 to 1; checkers say 1
  std::string source;       // the task ("t3") and, for a checker, its name: "t3 (cppcheck)"

  bool operator==(const Finding&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Finding& f) {
  return out << f.file << ':' << f.line << ' ' << to_string(f.severity) << ' ' << f.category << ": "
             << f.message;
}

// A JSON array of objects with exactly the fields above, and back. Reading is strict on types
// (kInput names the element and the field) and forgiving on letter case of severities; confidence
// is clamped to [0, 1]. `source` is set on every finding read; without it each keeps the one it was
// written with (what a model says of that counts for nothing).
std::string write_findings(const std::vector<Finding>& findings);
Result<std::vector<Finding>> read_findings(std::string_view json,
                                           std::optional<std::string_view> source);
Result<std::vector<Finding>> read_findings(const boost::json::value& array,
                                           std::optional<std::string_view> source);

// Keeps what stands on a line that was reviewed; the others are counted in `dropped` by reason.
struct Sifted {
  std::vector<Finding> kept;
  int no_such_file = 0;  // the file is not part of what was reviewed
  int no_such_line = 0;  // the file has no such line
  int not_reviewed = 0;  // the line exists, but lies outside what was reviewed
  int dropped() const { return no_such_file + no_such_line + not_reviewed; }
};
Sifted sift(const Change& change, std::vector<Finding> findings);

// Merged by program: duplicates (same file, line and message but for case and space; or same file,
// line and category where one of two sources is a checker) become one, keeping the highest severity
// and naming every source; most severe first, then by file and line.
std::vector<Finding> merge_findings(std::vector<Finding> findings);

}  // namespace baton
