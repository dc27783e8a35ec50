// Which checkers apply to a change, and which of them make a model unnecessary. Pure values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "change/change.h"
#include "checker/checker.h"

namespace baton {

// One checker and the files it is to read.
struct CheckerUse {
  Checker checker;
  std::vector<std::string> paths;

  bool operator==(const CheckerUse&) const = default;
};

// What checkers do of one task type: findings of `task_type` from every use.
struct LocalTask {
  std::string task_type;
  std::vector<CheckerUse> uses;

  bool operator==(const LocalTask&) const = default;
};

// Whether a checker can be given the file: its new side is known, and something of it is new.
bool is_checkable(const ChangedFile& file);
bool reads_language(const Checker& checker, std::string_view language);

// Every checker with the files it applies to, in the order of `checkers`; those without a file are
// left out.
std::vector<CheckerUse> plan_checkers(const std::vector<Checker>& checkers, const Change& change);

// The same, by task type, in order of their names.
std::vector<LocalTask> plan_local_tasks(const std::vector<Checker>& checkers, const Change& change);

// The checkers that do all of a task of `task_type` on files of these languages ("" is an unknown
// one); none if some language is left to a model.
std::vector<Checker> covering(const std::vector<Checker>& checkers, std::string_view task_type,
                              const std::vector<std::string>& languages);

}  // namespace baton
