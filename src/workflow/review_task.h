// One task of a review: what a planner asked for, checked against the change, and as the journal
// keeps it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/change.h"

namespace baton {

struct FilePart {
  std::string path;
  LineRange lines;     // of the new side
  bool whole = false;  // all of it; `lines` then says nothing

  bool operator==(const FilePart&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const FilePart& part) {
  out << part.path;
  return part.whole ? out : out << ':' << part.lines;
}

struct ReviewTask {
  std::string local_id;  // the planner's own name for it
  std::string type;
  std::string title;
  std::string instructions;
  std::vector<FilePart> files;
  std::vector<std::string> acceptance;
  std::vector<std::string> depends_on;  // local ids
  bool clear_rubric = true;
  bool batch = false;                 // nobody waits for it: urgency "batch"
  std::vector<std::string> checkers;  // that cover it, by name
  std::vector<std::string> notes;     // what was left out of it, and why

  bool operator==(const ReviewTask&) const = default;
};

// One element of a plan's "tasks". Files that the change does not have, and those beyond what one
// task may have, are left out with a note; lines are cut to those that are there. kInput if it is
// not of the promised form or no file is left.
Result<ReviewTask> read_planned_task(std::string_view json, const Change& change);

// The brief: one JSON text and back.
std::string write_brief(const ReviewTask& task);
Result<ReviewTask> read_brief(std::string_view json);

// Tasks of the same key are the same work: exactly (type, files, lines, instructions), or loosely
// (type and paths alone), for plans that were asked for twice.
std::string exact_key(const ReviewTask& task);
std::string loose_key(const ReviewTask& task);

// The parts in one order, each once: tasks that name the same files and lines, however they list
// them, are shown the same bytes.
std::vector<FilePart> in_order(std::vector<FilePart> parts);
std::string pack_key(const ReviewTask& task);

}  // namespace baton
