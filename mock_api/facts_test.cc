#include "mock_api/facts.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace baton::mock_api {

void PrintTo(const FileFacts& file, std::ostream* out) {
  *out << file.path << " shown " << testing::PrintToString(file.shown) << " added "
       << testing::PrintToString(file.added);
}

namespace {

using Files = std::vector<FileFacts>;

TEST(FactsTest, ADiffTellsItsFilesAndTheLinesItAdds) {
  const Facts facts = facts_of(
      "diff --git a/src/a.cc b/src/a.cc\n"
      "--- a/src/a.cc\n"
      "+++ b/src/a.cc\n"
      "@@ -1,3 +1,4 @@ int main()\n"
      " one\n"
      "+two\n"
      "--- not a file head, but a removed line\n"
      "+three\n"
      " four\n"
      "--- a/gone.cc\n"
      "+++ /dev/null\n"
      "@@ -1 +0,0 @@\n"
      "-gone\n"
      "--- /dev/null\n"
      "+++ b/with space.py\n"
      "@@ -0,0 +1,2 @@\n"
      "+import \"not/a/file.py\"\n"
      "+x\n");
  EXPECT_EQ(facts.files,
            (Files{{"src/a.cc", {1, 2, 3, 4}, {2, 3}}, {"with space.py", {1, 2}, {1, 2}}}));
}

TEST(FactsTest, NumberedLinesBelongToTheFileNamedBefore) {
  const Facts facts = facts_of(
      "### `docs/a file.md` (context)\n"
      "  41| see other/file.md\n"
      "+ 42| new\n"
      "  43|-old\n"
      "File: src/b.cc\n"
      "7: int x;\n"
      "8: +x;\n");
  EXPECT_EQ(facts.files, (Files{{"docs/a file.md", {41, 42}, {42}}}));
  EXPECT_EQ(facts_of("src/b.cc\n7: int x;\n9| y").files, (Files{{"src/b.cc", {7, 9}, {}}}));
}

// As the prompts of a review show files.
TEST(FactsTest, HeadingsNameFilesAndHunksMayBeNumbered) {
  const Facts facts = facts_of(
      "Task: names of a.cc (naming_convention_check)\n"
      "- other file.py (modified, 9 lines)\n"
      "### my file.py (renamed, was old.py, 4 lines)\n"
      "@@ -1,3 +1,3 @@ int f()\n"
      "      |- import gone/away.py\n"
      "     2|+ two\n"
      "     3|  three\n"
      "### Makefile (added, 1 lines)\n"
      "lines 1-1:\n"
      "     1|+ all:\n");
  EXPECT_EQ(facts.files, (Files{{"my file.py", {2, 3}, {2}}, {"Makefile", {1}, {1}}}));
  EXPECT_EQ(facts.task_types, (std::vector<std::string>{"naming_convention_check"}));
}

TEST(FactsTest, PathsAndRangesInProseAreTakenWhereNoLinesAreShown) {
  EXPECT_EQ(facts_of("Look at src/a.cc (lines 3-5, 9) and lib/b.py, e.g. version 3.14 of "
                     "https://example.com/c.html.")
                .files,
            (Files{{"src/a.cc", {3, 4, 5, 9}, {}}}));
  EXPECT_EQ(facts_of("- src/a.cc\n- lib/b.py\n").files,
            (Files{{"src/a.cc", {}, {}}, {"lib/b.py", {}, {}}}));
}

TEST(FactsTest, TaskTypesAreListedWordsOfMoreThanOnePart) {
  EXPECT_EQ(facts_of("- import_organization: order\n- `log_statement_review`: logs\n- note: no\n"
                     "- import_organization: again\nimport_check: no list\n")
                .task_types,
            (std::vector<std::string>{"import_organization", "log_statement_review"}));
}

TEST(FactsTest, FindingsAreFoundInsideAndBetweenOtherText) {
  const boost::json::array found = findings_of(
      R"(Task t1 {"findings": [{"file": "a.cc", "line": 3, "message": "first {"}]} and {broken
         {"file": "b.cc", "line": 4, "message": "second"} again
         {"file": "a.cc", "line": 3, "message": "first {"} and {"file": "c.cc", "message": "no line"})");
  EXPECT_EQ(boost::json::serialize(found), R"([{"file":"a.cc","line":3,"message":"first {"},)"
                                           R"({"file":"b.cc","line":4,"message":"second"}])");
}

TEST(FactsTest, HostileTextEndsInTime) {
  const std::string braces = R"("message" "line" )" + std::string(300'000, '{');
  EXPECT_TRUE(findings_of(braces).empty());
  EXPECT_TRUE(facts_of(std::string(1'000'000, '/')).files.empty());
  EXPECT_TRUE(facts_of("@@ -99999999999999999999 +99999999999999999999 @@\n+x").files.empty());
}

}  // namespace
}  // namespace baton::mock_api
