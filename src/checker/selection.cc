#include "checker/selection.h"

#include <algorithm>
#include <map>

namespace baton {
namespace {

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

bool is_checkable(const ChangedFile& file) {
  return file.state != ChangedFile::State::kDeleted && file.text.has_value() &&
         !file.added().empty();
}

bool reads_language(const Checker& checker, std::string_view language) {
  return contains(checker.languages, "*") ||
         (!language.empty() && contains(checker.languages, language));
}

std::vector<CheckerUse> plan_checkers(const std::vector<Checker>& checkers, const Change& change) {
  std::vector<const ChangedFile*> files;
  for (const ChangedFile& file : change.files) {
    if (is_checkable(file)) files.push_back(&file);
  }
  std::vector<CheckerUse> uses;
  for (const Checker& checker : checkers) {
    CheckerUse use{checker, {}};
    for (const ChangedFile* file : files) {
      if (reads_language(checker, language_of(file->path))) use.paths.push_back(file->path);
    }
    if (!use.paths.empty()) uses.push_back(std::move(use));
  }
  return uses;
}

std::vector<LocalTask> plan_local_tasks(const std::vector<Checker>& checkers,
                                        const Change& change) {
  std::map<std::string, std::vector<CheckerUse>> by_type;
  for (const CheckerUse& use : plan_checkers(checkers, change)) {
    for (const std::string& type : use.checker.task_types) by_type[type].push_back(use);
  }
  std::vector<LocalTask> tasks;
  for (auto& [type, uses] : by_type) tasks.push_back({type, std::move(uses)});
  return tasks;
}

std::vector<Checker> covering(const std::vector<Checker>& checkers, std::string_view task_type,
                              const std::vector<std::string>& languages) {
  std::vector<Checker> chosen;
  for (const Checker& checker : checkers) {
    if (!contains(checker.covers, task_type)) continue;
    const bool is_of_use =
        std::any_of(languages.begin(), languages.end(),
                    [&](const std::string& language) { return reads_language(checker, language); });
    if (is_of_use) chosen.push_back(checker);
  }
  const bool covers_all =
      std::all_of(languages.begin(), languages.end(), [&](const std::string& language) {
        return std::any_of(chosen.begin(), chosen.end(), [&](const Checker& checker) {
          return reads_language(checker, language);
        });
      });
  return covers_all ? chosen : std::vector<Checker>();
}

}  // namespace baton
