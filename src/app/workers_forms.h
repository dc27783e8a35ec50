// Workers and skills as `baton workers` shows them. What comes from files is made harmless.
#pragma once

#include <string>
#include <vector>

#include "report/review_report.h"
#include "worker/worker.h"

namespace baton {

std::string workers_text(const WorkerTable& table, const TerminalStyle& style);
std::string workers_json(const WorkerTable& table);

// One of them, whole.
std::string worker_text(const Worker& worker, const TerminalStyle& style);
std::string worker_json(const Worker& worker);
std::string skill_text(const Skill& skill, const TerminalStyle& style);
std::string skill_json(const Skill& skill);

// What a check found: what keeps a file from being used, and what of a file is not used.
struct WorkersCheck {
  struct Note {
    std::string file;
    std::string what;
  };
  int workers = 0;
  int skills = 0;
  std::vector<WorkerProblem> problems;
  std::vector<Note> notes;
};
std::string check_text(const WorkersCheck& check);
std::string check_json(const WorkersCheck& check);

}  // namespace baton
