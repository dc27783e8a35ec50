#include "intake/repo_facts.h"

#include <gmock/gmock.h>

#include "intake/test_repository.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ChangedFile whole(const std::string& path, const std::string& text) {
  return {.path = path,
          .old_path = path,
          .state = ChangedFile::State::kWhole,
          .hunks = {},
          .text = text};
}

TEST(RepoFactsTest, SymbolsOfChangedFilesKnowTheirLines) {
  Change change;
  change.files = {whole("src/a b.py", "import os\n\nclass A:\n    def f(self):\n        pass\n"),
                  whole("x.cc", "int f() {\n  int local = 1;\n  return local;\n}\n")};
  const RepoFacts facts = collect_repo_facts({}, change);
  ASSERT_EQ(facts.changed.size(), 2U);
  EXPECT_THAT(facts.changed[0].symbols,
              ElementsAre(Symbol{"A", "class", {3, 5}}, Symbol{"f", "member", {4, 5}}));
  EXPECT_THAT(facts.changed[1].symbols, ElementsAre(Symbol{"f", "function", {1, 4}}));
  EXPECT_THAT(facts.notes, IsEmpty());
}

TEST(RepoFactsTest, ACommitsFilesComeWithTheirSizes) {
  const TestRepository repository;
  repository.write("src/a b", "12345");
  repository.write("x", "1");
  const std::string id = repository.commit("One");
  const Result<std::vector<RepoFile>> files = files_of_commit(repository.path(), id);
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, ElementsAre(RepoFile{"src/a b", 5}, RepoFile{"x", 1}));
}

TEST(RepoFactsTest, AFoldersFilesComeWithTheirSizes) {
  const TestFolder folder;
  folder.write("src/a b", "12345");
  const Result<std::vector<RepoFile>> files = files_of_folder(folder.path());
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, ElementsAre(RepoFile{"src/a b", 5}));
}

}  // namespace
}  // namespace baton
