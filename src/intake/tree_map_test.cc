#include "intake/tree_map.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "intake/test_repository.h"
#include "prompt/prompt.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TreeMapTest : public testing::Test {
 protected:
  TreeMap map_of(const std::string& commit, const std::string& focus = "") {
    const Result<TreeMap> map = tree_map({.repository = repository_.path(),
                                          .commit = commit,
                                          .cache = cache_.path() / "map",
                                          .focus = focus});
    EXPECT_TRUE(map.ok()) << map.error().message;
    return map.ok() ? *map : TreeMap{};
  }
  void damage_cache(const std::string& bytes) { cache_.write("map/tree-map.cache", bytes); }

  TestRepository repository_;
  TestFolder cache_;
};

TEST_F(TreeMapTest, AMapShowsFilesSymbolsReferencesAndRecentChange) {
  repository_.write("src/money.h", "struct Money {};\nint settle(Money money);\n");
  repository_.write("src/use.cc", "Money none() { return {}; }\n");
  repository_.write("src/a b.py", "class Bill:\n    def total(self):\n        return Money\n");
  repository_.commit("One");
  repository_.write("README.md", "# Title\n\nMoney\n");
  const std::string commit = repository_.commit("Two");
  const TreeMap map = map_of(commit);
  EXPECT_EQ(map.text,
            "Repository: 4 files, 1 KiB\n"
            "\nDirectories (files, KiB, with all below):\nsrc/  3  1\n"
            "\nFiles (KiB, lines; named by: other files that refer to it; changed: commits ago, 0 "
            "the latest):\n"
            "src/money.h  1 KiB, 2 lines, named by 1, changed 1\n"
            "  struct Money 1\n  prototype settle 2\n"
            "README.md  1 KiB, changed 0\n"
            "src/a b.py  1 KiB, 3 lines, changed 1\n"
            "  class Bill 1-3\n  member total 2-3\n"
            "src/use.cc  1 KiB, 1 lines, changed 1\n  function none 1\n");
  EXPECT_EQ(map.files, 4);
  EXPECT_EQ(map.whole, estimated_tokens(42 + 54 + 15 + 28));
  EXPECT_THAT(map.notes, IsEmpty());
}

TEST_F(TreeMapTest, TheWorkingTreeIsNotLookedAt) {
  repository_.write("a.c", "int kept() { return 1; }\n");
  const std::string commit = repository_.commit("One");
  const std::string before = map_of(commit).text;
  repository_.write("a.c", "int changed() { return 1; }\n");
  repository_.write("new.c", "");
  EXPECT_EQ(map_of("HEAD").text, before);
}

TEST_F(TreeMapTest, TheTextIsTheSameWhateverTheCacheKnows) {
  for (int i = 0; i < 30; ++i) {
    const std::string name = std::to_string(i);
    repository_.write("f" + name + ".c",
                      "int f" + name + "() { return f" + std::to_string(i / 2) + "(); }\n");
  }
  const std::string first = repository_.commit("One");
  repository_.write("f3.c", "int other() { return f1(); }\n");
  const std::string second = repository_.commit("Two");
  const std::string of_first = map_of(first).text;
  EXPECT_EQ(map_of(first).text, of_first);
  const std::string of_second = map_of(second).text;
  EXPECT_THAT(of_second, HasSubstr("function other"));
  EXPECT_EQ(map_of(first).text, of_first);
  for (const std::string damage :
       {"", "baton map 1\n", "rubbish", "baton map 1\n\xff\xff\xff\xff"}) {
    damage_cache(damage);
    EXPECT_EQ(map_of(second).text, of_second) << damage;
  }
}

TEST_F(TreeMapTest, TextsThatAreHugeOrBinaryAndLinksAreListedOnly) {
  repository_.write("big.c", "int big() { return 0; }\n" + std::string(2 << 20, '/'));
  repository_.write("image.png", "\x89PNG");
  repository_.write("blob.c", std::string("int f() {}\0", 11));
  std::filesystem::create_symlink("/etc/passwd", repository_.path() / "link.c");
  const std::string commit = repository_.commit("One");
  const TreeMap map = map_of(commit);
  EXPECT_THAT(map.text, HasSubstr("big.c  2049 KiB, changed 0\n"));
  EXPECT_THAT(map.text, HasSubstr("image.png  1 KiB, binary, changed 0\n"));
  EXPECT_THAT(map.text, HasSubstr("blob.c  1 KiB, binary, changed 0\n"));
  EXPECT_THAT(map.text, HasSubstr("link.c  1 KiB, changed 0\n"));
  EXPECT_THAT(map.text, Not(HasSubstr("function")));
}

TEST_F(TreeMapTest, OddNamesAreShownInOneLineAndReadAsNothingElse) {
  repository_.write("-x.c", "int minus() { return 0; }\n");
  repository_.write("a\n\"b\x01.c", "int odd() { return 0; }\n");
  const TreeMap map = map_of(repository_.commit("One"));
  EXPECT_THAT(map.text, HasSubstr("-x.c  1 KiB, 1 lines, changed 0\n  function minus 1\n"));
  EXPECT_THAT(map.text, HasSubstr("a?\"b?.c  1 KiB, 1 lines, changed 0\n  function odd 1\n"));
}

TEST_F(TreeMapTest, TheSameTextUnderNamesOfTwoLanguagesIsReadAsEach) {
  repository_.write("a.py", "def same(): pass\n");
  repository_.write("a.rb", "def same(): pass\n");
  repository_.write("a.txt", "def same(): pass\n");
  const TreeMap map = map_of(repository_.commit("One"));
  EXPECT_THAT(map.text, HasSubstr("a.py  1 KiB, 1 lines, changed 0\n  function same 1\n"));
  EXPECT_THAT(map.text, HasSubstr("a.rb  1 KiB, 1 lines, changed 0\n  method same 1\n"));
  EXPECT_THAT(map.text, HasSubstr("a.txt  1 KiB, changed 0\n"));
}

TEST_F(TreeMapTest, ABareRepositoryHasAMapToo) {
  repository_.write("a.c", "int kept() { return 1; }\n");
  const std::string commit = repository_.commit("One");
  const Result<TreeMap> map = tree_map({.repository = repository_.path() / ".git",
                                        .commit = commit,
                                        .cache = cache_.path(),
                                        .focus = ""});
  ASSERT_TRUE(map.ok()) << map.error().message;
  EXPECT_THAT(map->text, HasSubstr("function kept 1"));
}

TEST_F(TreeMapTest, WithoutCtagsThereIsANoteAndNothingIsRememberedOfIt) {
  repository_.write("a.c", "int kept() { return 1; }\n");
  const std::string commit = repository_.commit("One");
  const std::string path = std::getenv("PATH");
  const TestFolder tools;
  const TestFolder empty;
  std::filesystem::create_symlink("/usr/bin/git", tools.path() / "git");
  setenv("PATH", tools.path().c_str(), 1);
  const TreeMap without = map_of(commit);
  setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(without.text, Not(HasSubstr("function")));
  EXPECT_THAT(without.notes, ElementsAre(HasSubstr("ctags is not installed")));
  EXPECT_THAT(map_of(commit).text, HasSubstr("function kept 1"));
}

TEST_F(TreeMapTest, ATextThatBreaksCtagsCostsOnlyItsOwnSymbols) {
  for (int i = 0; i < 20; ++i) {
    repository_.write("f" + std::to_string(i) + ".c",
                      "int f" + std::to_string(i) + "() { return 0; }\n");
  }
  repository_.write("poison.c", "int poison() { return 0; }\n");
  const std::string commit = repository_.commit("One");
  // A ctags that dies of that text.
  const TestFolder tools;
  tools.write("ctags",
              "#!/bin/sh\ntext=$(cat; echo .)\ncase $text in *poison*) kill -9 $$;; esac\n"
              "printf %s \"${text%.}\" | /usr/bin/ctags \"$@\"\n");
  std::filesystem::permissions(tools.path() / "ctags", std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", (tools.path().string() + ":" + path).c_str(), 1);
  const TreeMap map = map_of(commit);
  setenv("PATH", path.c_str(), 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(map.text, HasSubstr("function f" + std::to_string(i) + " 1\n"));
  }
  EXPECT_THAT(map.text, HasSubstr("poison.c  1 KiB, 1 lines, changed 0\n"));
  EXPECT_THAT(map.text, Not(HasSubstr("function poison")));
}

TEST_F(TreeMapTest, ATextThatTheRepositoryLacksIsSaidToBeMissing) {
  repository_.write("a.c", "int kept() { return 1; }\n");
  repository_.write("b.c", "int lost() { return 1; }\n");
  const std::string commit = repository_.commit("One");
  const std::string id = repository_.git({"rev-parse", "HEAD:b.c"});
  std::filesystem::remove(repository_.path() / ".git/objects" / id.substr(0, 2) / id.substr(2));
  const TreeMap map = map_of(commit);
  EXPECT_THAT(map.text, HasSubstr("function kept 1"));
  EXPECT_THAT(map.text, HasSubstr("b.c  0 KiB"));
  EXPECT_THAT(map.notes, ElementsAre(HasSubstr("1 texts could not be looked into: not there")));
}

TEST_F(TreeMapTest, ACommitThatIsNotThereIsAnError) {
  repository_.commit("One");
  const Result<TreeMap> map = tree_map({.repository = repository_.path(),
                                        .commit = std::string(40, '1'),
                                        .cache = cache_.path(),
                                        .focus = ""});
  ASSERT_FALSE(map.ok());
  EXPECT_THAT(map.error().message, HasSubstr("cannot list the files of 1111"));
}

}  // namespace
}  // namespace baton
