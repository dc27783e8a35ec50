#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/embedded.h"
#include "intake/test_repository.h"
#include "worker/definition_tree.h"
#include "worker/worker.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::string worker_text(std::string_view name, std::string_view description = "Does it.") {
  return fmt::format("---\nname: {}\ndescription: {}\ntools: read\n---\nDo it.\n", name,
                     description);
}

std::string skill_text(std::string_view description) {
  return fmt::format("---\ndescription: {}\n---\nDo it so.\n", description);
}

// A repository in repo/, the user's settings in config/, and their home in home/.
class LoadWorkersTest : public testing::Test {
 protected:
  LoadWorkersTest() { folder_.write("repo/.git/HEAD", "ref: refs/heads/main\n"); }

  void write(const std::string& name, const std::string& text) { folder_.write(name, text); }
  void link(const std::string& name, const fs::path& target) {
    fs::create_directories((folder_.path() / name).parent_path());
    fs::create_symlink(target, folder_.path() / name);
  }
  fs::path at(const std::string& name) const { return folder_.path() / name; }

  WorkerTable load(const std::string& from = "repo") {
    return load_workers(at(from), at("config"), at("home"));
  }
  static std::string source(const WorkerTable& table, std::string_view name) {
    const Worker* worker = table.find(name);
    return worker == nullptr ? "none" : worker->source;
  }
  static std::vector<std::string> problems(const WorkerTable& table) {
    std::vector<std::string> result;
    for (const WorkerProblem& problem : table.problems) {
      EXPECT_TRUE(problem.what.starts_with(problem.file)) << problem.what;
      result.push_back(problem.what);
    }
    return result;
  }

  TestFolder folder_;
};

TEST_F(LoadWorkersTest, TheNearestDefinitionOfAName) {
  const std::vector<std::pair<std::string, std::string>> nearest_first = {
      {"repo/part/.baton/workers/x.md", "part/.baton/workers/x.md"},
      {"repo/part/.claude/agents/deep/y.md", "part/.claude/agents/deep/y.md"},
      {"repo/.baton/workers/x.md", ".baton/workers/x.md"},
      {"repo/.claude/agents/x.md", ".claude/agents/x.md"},
      {"config/workers/x.md", at("config/workers/x.md").string()},
      {"home/.claude/agents/x.md", at("home/.claude/agents/x.md").string()},
      {"", "built in"}};
  for (const auto& [file, shown] : nearest_first) {
    if (!file.empty()) write(file, worker_text("reviewer"));
  }
  for (const auto& [file, shown] : nearest_first) {
    EXPECT_EQ(source(load("repo/part"), "reviewer"), shown);
    if (!file.empty()) fs::remove(at(file));
  }
}

TEST_F(LoadWorkersTest, SkillsAreFoundLikewiseWithTheirFolder) {
  write("repo/.claude/skills/ci-logs/SKILL.md", skill_text("theirs"));
  write("repo/.baton/skills/ci-logs/SKILL.md", skill_text("ours"));
  write("config/skills/ci-logs/SKILL.md", skill_text("mine"));
  write("home/.claude/skills/other/SKILL.md", skill_text("other"));
  write("home/.claude/skills/no-skill/README.md", "nothing");
  const WorkerTable table = load();
  const Skill* skill = table.find_skill("ci-logs");
  ASSERT_NE(skill, nullptr);
  EXPECT_EQ(skill->description, "ours");
  EXPECT_EQ(skill->folder, at("repo/.baton/skills/ci-logs"));
  EXPECT_NE(table.find_skill("other"), nullptr);
  EXPECT_EQ(table.find_skill("no-skill"), nullptr);
  EXPECT_THAT(problems(table), IsEmpty());
}

TEST_F(LoadWorkersTest, WhatARepositoryReplacesIsNoted) {
  write("repo/.claude/agents/reviewer.md", worker_text("reviewer"));
  write("config/workers/integrator.md", worker_text("integrator"));
  const WorkerTable table = load();
  EXPECT_THAT(table.find("reviewer")->notes,
              ElementsAre("it is used in place of that of the same name, built in"));
  EXPECT_THAT(table.find("integrator")->notes, IsEmpty());
}

TEST_F(LoadWorkersTest, TwoOfOneNameInOneTreeAreAProblemAndNeitherIsUsed) {
  write("repo/.claude/agents/a.md", worker_text("twin"));
  write("repo/.claude/agents/b/c.md", worker_text("twin"));
  write("repo/.claude/agents/d.md", worker_text("single"));
  const WorkerTable table = load();
  EXPECT_EQ(table.find("twin"), nullptr);
  EXPECT_NE(table.find("single"), nullptr);
  EXPECT_THAT(problems(table),
              ElementsAre(".claude/agents/a.md: 'twin' is also defined in .claude/agents/b/c.md: "
                          "neither is used",
                          ".claude/agents/b/c.md: 'twin' is also defined in .claude/agents/a.md: "
                          "neither is used"));
}

TEST_F(LoadWorkersTest, ABrokenFileIsAProblemAndDocumentationIsNone) {
  write("repo/.baton/workers/README.md", "# About our workers\n");
  write("repo/.baton/workers/notes.txt", "---\nname: x\n---\n");
  write("repo/.baton/workers/bad.md", "---\nname: Bad\ndescription: d\n---\nx\n");
  write("repo/.baton/skills/bad/SKILL.md", "---\na: &b c\n---\nx\n");
  EXPECT_THAT(problems(load()),
              UnorderedElementsAre(
                  ".baton/workers/bad.md:2: 'name' has something else than small letters, digits "
                  "and hyphens",
                  ".baton/skills/bad/SKILL.md:2: anchors and aliases (&, *) are not read: put the "
                  "text in quotes"));
}

TEST_F(LoadWorkersTest, NoLinkOfARepositoryIsFollowed) {
  write("outside/agents/secret.md", worker_text("secret"));
  write("outside/skill/SKILL.md", skill_text("secret"));
  link("repo/.claude/agents/file.md", "../../../outside/agents/secret.md");
  link("repo/.claude/agents/folder", "../../../outside/agents");
  link("repo/.baton/workers", "../../outside/agents");
  link("repo/.claude/skills/linked", "../../../outside/skill");
  link("repo/.baton/skills/inner/SKILL.md", "../../../../outside/skill/SKILL.md");
  const WorkerTable table = load();
  EXPECT_EQ(table.find("secret"), nullptr);
  EXPECT_EQ(table.find_skill("linked"), nullptr);
  EXPECT_EQ(table.find_skill("inner"), nullptr);
  const std::string link_text = " is a symbolic link: none is followed in a repository";
  EXPECT_THAT(problems(table),
              UnorderedElementsAre(".claude/agents/file.md:" + link_text,
                                   ".claude/agents/folder:" + link_text,
                                   ".baton/workers: is behind a symbolic link: not read",
                                   ".claude/skills/linked:" + link_text,
                                   ".baton/skills/inner/SKILL.md:" + link_text));
}

TEST_F(LoadWorkersTest, LinksOfTheUsersOwnFoldersAreFollowed) {
  write("dotfiles/agents/mine.md", worker_text("mine"));
  link("home/.claude/agents", at("dotfiles/agents"));
  link("config/workers/other.md", at("dotfiles/agents/mine.md"));
  link("dotfiles/agents/loop", at("dotfiles/agents"));
  const WorkerTable table = load();
  EXPECT_EQ(source(table, "mine"), at("config/workers/other.md").string());
}

TEST_F(LoadWorkersTest, AHomeThatIsARepositoryIsReadOnce) {
  write("repo/.claude/agents/mine.md", worker_text("mine"));
  const WorkerTable table = load_workers(at("repo"), std::nullopt, at("repo"));
  EXPECT_THAT(table.find("mine")->notes, IsEmpty());
}

TEST_F(LoadWorkersTest, OutsideOfARepositoryOnlyTheFolderItselfIsRead) {
  write("plain/.claude/agents/a.md", worker_text("above"));
  write("plain/part/.claude/agents/b.md", worker_text("here"));
  const WorkerTable table = load("plain/part");
  EXPECT_NE(table.find("here"), nullptr);
  EXPECT_EQ(table.find("above"), nullptr);
  EXPECT_FALSE(load("missing").workers.empty());
}

TEST_F(LoadWorkersTest, WhatIsTooLargeTooDeepOrTooManyIsAProblem) {
  write("repo/.baton/workers/large.md", worker_text("large") + std::string(kMostDefinition, 'x'));
  write("repo/.baton/workers/1/2/3/4/5/6/7/8/deep.md", worker_text("deep"));
  for (std::size_t i = 0; i < kMostDefinitions + 1; ++i) {
    write(fmt::format("repo/.claude/agents/{:04}.md", i), worker_text(fmt::format("w{}", i)));
  }
  ASSERT_EQ(::mkfifo(at("repo/.baton/workers/pipe.md").c_str(), 0600), 0);
  const WorkerTable table = load();
  EXPECT_EQ(table.find("large"), nullptr);
  EXPECT_EQ(table.find("deep"), nullptr);
  EXPECT_NE(table.find("w299"), nullptr);
  EXPECT_EQ(table.find("w300"), nullptr);
  EXPECT_THAT(problems(table),
              UnorderedElementsAre(".baton/workers/large.md: is above 256 KiB: not read",
                                   ".baton/workers/pipe.md: not a regular file",
                                   ".baton/workers/1/2/3/4/5/6/7/8: is deeper than 8 folders: not "
                                   "read",
                                   ".claude/agents/0300.md: and what follows is not read: more "
                                   "than 300 files or 8 MiB"));
}

TEST_F(LoadWorkersTest, ASkillThatIsNotThereIsNoted) {
  write("config/workers/a.md",
        "---\nname: a\ndescription: d\nskills: writing-tests, nowhere\n---\nx\n");
  EXPECT_THAT(load().find("a")->notes, ElementsAre("there is no skill 'nowhere': it goes without"));
}

TEST(BuiltInWorkersTest, EveryOneIsReadWithoutNotesOrProblems) {
  const WorkerTable table = load_workers("/nowhere", std::nullopt, std::nullopt);
  EXPECT_THAT(table.problems, IsEmpty());
  std::vector<std::string> names;
  for (const Worker& worker : table.workers) {
    names.push_back(worker.name);
    EXPECT_THAT(worker.notes, IsEmpty()) << worker.name;
    EXPECT_EQ(worker.source, "built in");
    EXPECT_TRUE(worker.tier.has_value()) << worker.name;
    EXPECT_TRUE(worker.context.has_value()) << worker.name;
    EXPECT_TRUE(embedded_file("workers/" + worker.name + ".md").has_value()) << worker.name;
  }
  EXPECT_THAT(names,
              ElementsAre("ci-writer", "code-writer", "documentation-writer", "frontend-writer",
                          "integrator", "memory-keeper", "reviewer", "test-writer"));
  for (const Skill& skill : table.skills) EXPECT_THAT(skill.notes, IsEmpty()) << skill.name;
  EXPECT_EQ(table.skills.size(), embedded_files("skills/").size());
}

TEST(BuiltInWorkersTest, NoneHasMoreToolsThanItsWorkNeeds) {
  const WorkerTable table = load_workers("/nowhere", std::nullopt, std::nullopt);
  for (const char* reader : {"reviewer", "memory-keeper"}) {
    EXPECT_FALSE(table.find(reader)->writes()) << reader;
  }
  for (const Worker& worker : table.workers) {
    EXPECT_THAT(worker.tools, Contains("read")) << worker.name;
    EXPECT_EQ(worker.writes(), testing::Value(worker.tools, Contains("shell"))) << worker.name;
  }
  EXPECT_THAT(table.find("code-writer")->tools, Not(Contains("render_pdf")));
}

}  // namespace
}  // namespace baton
