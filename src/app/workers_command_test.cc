#include "app/workers_command.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <boost/json.hpp>

#include "app/files.h"
#include "intake/test_repository.h"

namespace baton {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSound =
    "---\nname: log-triage\ndescription: Finds the first error.\ntools: Read, WebFetch\n---\nx\n";

// The command with a home of its own: what it says goes to a file.
class WorkersCommandTest : public testing::Test {
 protected:
  WorkersCommandTest() {
    setenv("HOME", folder_.path().c_str(), 1);
    setenv("XDG_CONFIG_HOME", (folder_.path() / "config").c_str(), 1);
    folder_.write("repo/.git/HEAD", "ref: refs/heads/main\n");
  }
  ~WorkersCommandTest() override {
    before_.empty() ? unsetenv("HOME") : setenv("HOME", before_.c_str(), 1);
    unsetenv("XDG_CONFIG_HOME");
  }

  void write(const std::string& name, const std::string& text) { folder_.write(name, text); }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  ExitCode command(WorkersOptions options) {
    options.repo = at("repo");
    options.output = at("out");
    return workers_command(options);
  }
  std::string said() const { return *read_file(at("out")); }

  TestFolder folder_;
  std::string before_ = getenv("HOME") == nullptr ? "" : getenv("HOME");
};

TEST_F(WorkersCommandTest, TheListTellsTierToolsSourceAndDescription) {
  write("repo/.claude/agents/log-triage.md", kSound);
  ASSERT_EQ(command({}), ExitCode::kDone);
  EXPECT_THAT(said(), AllOf(HasSubstr("9 workers"),
                            HasSubstr("log-triage  tier of the task, reads only, "
                                      ".claude/agents/log-triage.md\n  tools: read, finish\n"
                                      "  Finds the first error.\n"),
                            HasSubstr("code-writer  deep, effort high, context 60,000, 60 turns, "
                                      "writes, built in\n"),
                            HasSubstr("writing-tests  built in\n")));
}

TEST_F(WorkersCommandTest, TheJsonListHoldsTheSame) {
  write("repo/.claude/agents/log-triage.md", kSound);
  write("repo/.claude/agents/bad.md", "---\nname: bad\n---\nx");
  ASSERT_EQ(command({.format = "json"}), ExitCode::kDone);
  const boost::json::value list = boost::json::parse(said());
  const boost::json::array& workers = list.at("workers").as_array();
  EXPECT_EQ(workers.size(), 9U);
  EXPECT_EQ(workers.at(5).at("name").as_string(), "log-triage");
  EXPECT_TRUE(workers.at(5).at("tier").is_null());
  EXPECT_EQ(workers.at(5).at("tools"), (boost::json::array{"read", "finish"}));
  EXPECT_EQ(list.at("problems").at(0).at("file").as_string(), ".claude/agents/bad.md");
}

TEST_F(WorkersCommandTest, OneIsShownWholeWithItsNotes) {
  write("repo/.claude/agents/log-triage.md",
        "---\nname: log-triage\ndescription: d\nhooks: {}\n---\nRead \x1b[31mlogs.\n");
  ASSERT_EQ(command({.action = "show", .names = {"log-triage"}}), ExitCode::kDone);
  EXPECT_THAT(said(), AllOf(HasSubstr("note: line 4: 'hooks' is not used"), HasSubstr("logs."),
                            Not(HasSubstr("\x1b"))));
  ASSERT_EQ(command({.action = "show", .names = {"writing-tests"}}), ExitCode::kDone);
  EXPECT_THAT(said(), HasSubstr("Name = promise"));
  EXPECT_EQ(command({.action = "show", .names = {"nobody"}}), ExitCode::kUsage);
}

TEST_F(WorkersCommandTest, ACheckEndsWithTwoAndNamesFileAndLine) {
  write("repo/.claude/agents/log-triage.md", kSound);
  write("config/baton/workers/bad.md", "---\nname: bad\ndescription: d\nmaxTurns: many\n---\nx");
  ASSERT_EQ(command({.action = "check"}), ExitCode::kUsage);
  EXPECT_EQ(said(),
            at("config/baton/workers/bad.md") +
                ":4: 'maxTurns' must be a whole number from 1 to 10000\n"
                ".claude/agents/log-triage.md: note: tools: 'WebFetch' is left out: workers have "
                "no network\n"
                "1 worker and 0 skills are sound; 1 problem, 1 note\n");
}

TEST_F(WorkersCommandTest, FilesCanBeCheckedByName) {
  write("a.md", kSound);
  write("ci-logs/SKILL.md", "---\ndescription: d\n---\nx");
  ASSERT_EQ(command({.action = "check", .names = {at("a.md"), at("ci-logs/SKILL.md")}}),
            ExitCode::kDone);
  EXPECT_THAT(said(), HasSubstr("1 worker and 1 skill are sound; 0 problems, 1 note\n"));
  write("readme.md", "# Readme");
  ASSERT_EQ(command({.action = "check", .names = {at("readme.md")}, .format = "json"}),
            ExitCode::kUsage);
  EXPECT_THAT(said(), HasSubstr("there is no 'name' in its frontmatter"));
  EXPECT_EQ(command({.action = "check", .names = {at("none.md")}}), ExitCode::kUsage);
}

}  // namespace
}  // namespace baton
