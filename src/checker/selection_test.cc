#include "checker/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Checker checker(std::string name, std::vector<std::string> languages,
                std::vector<std::string> task_types, std::vector<std::string> covers = {}) {
  Checker made;
  made.name = std::move(name);
  made.languages = std::move(languages);
  made.task_types = std::move(task_types);
  made.covers = std::move(covers);
  return made;
}

ChangedFile file(std::string path) {
  ChangedFile made;
  made.path = path;
  made.old_path = std::move(path);
  made.text = "text\n";
  Hunk hunk;
  hunk.new_first = 1;
  hunk.lines = {{HunkLine::Kind::kAdded, "text"}};
  made.hunks = {hunk};
  return made;
}

const Checker kSpell = checker("spell", {"*"}, {"docs"});
const Checker kPython = checker("python", {"python"}, {"docs", "naming"}, {"naming"});
const Checker kScript = checker("script", {"javascript", "typescript"}, {"naming"}, {"naming"});

Change change_of(std::vector<ChangedFile> files) {
  Change change;
  change.files = std::move(files);
  return change;
}

TEST(SelectionTest, EachCheckerGetsTheFilesOfItsLanguagesAndOneWithoutFilesIsLeftOut) {
  EXPECT_THAT(plan_checkers({kSpell, kPython, kScript},
                            change_of({file("a.py"), file("b.unknown"), file("c.py")})),
              ElementsAre(CheckerUse{kSpell, {"a.py", "b.unknown", "c.py"}},
                          CheckerUse{kPython, {"a.py", "c.py"}}));
}

TEST(SelectionTest, FilesThatAreDeletedUnknownOrOnlyShortenedAreNotChecked) {
  ChangedFile deleted = file("a.py");
  deleted.state = ChangedFile::State::kDeleted;
  ChangedFile unknown = file("b.py");
  unknown.text.reset();
  ChangedFile shortened = file("c.py");
  shortened.hunks[0].lines = {{HunkLine::Kind::kRemoved, "gone"}};
  EXPECT_THAT(plan_checkers({kSpell}, change_of({deleted, unknown, shortened})), IsEmpty());
}

TEST(SelectionTest, LocalTasksAreTheUsesByTaskType) {
  const CheckerUse spell{kSpell, {"a.py"}};
  const CheckerUse python{kPython, {"a.py"}};
  EXPECT_THAT(plan_local_tasks({kSpell, kPython}, change_of({file("a.py")})),
              ElementsAre(LocalTask{"docs", {spell, python}}, LocalTask{"naming", {python}}));
}

TEST(SelectionTest, ATaskIsCoveredOnlyIfEveryLanguageOfItsFilesIs) {
  const std::vector<Checker> all = {kSpell, kPython, kScript};
  EXPECT_THAT(covering(all, "naming", {"python"}), ElementsAre(kPython));
  EXPECT_THAT(covering(all, "naming", {"python", "typescript"}), ElementsAre(kPython, kScript));
  EXPECT_THAT(covering(all, "naming", {"python", "go"}), IsEmpty());
  EXPECT_THAT(covering(all, "naming", {"python", ""}), IsEmpty());
  EXPECT_THAT(covering(all, "naming", {}), IsEmpty());
}

TEST(SelectionTest, AMereServiceIsNoCover) {
  EXPECT_THAT(covering({kSpell, kPython}, "docs", {"python"}), IsEmpty());
}

}  // namespace
}  // namespace baton
