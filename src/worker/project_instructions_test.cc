#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/test_repository.h"
#include "prompt/prompt.h"
#include "worker/instruction_text.h"
#include "worker/worker.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Texts = std::vector<std::string>;

std::string framed(std::string_view file, std::string_view text) {
  return fmt::format("<instructions file=\"{}\">\n{}\n</instructions>\n", file, text);
}

class ProjectInstructionsTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    folder_.write("repo/" + name, text);
  }
  void link(const std::string& name, const std::string& target) {
    std::filesystem::create_symlink(target, folder_.path() / "repo" / name);
  }
  ProjectInstructions read(std::string_view path = "", std::int64_t budget = 10'000) const {
    return project_instructions(folder_.path() / "repo", path, Tokens(budget));
  }

  TestFolder folder_;
};

TEST_F(ProjectInstructionsTest, TheNearestAgentsFileAndEveryClaudeFileOnTheWay) {
  write("AGENTS.md", "root agents");
  write("CLAUDE.md", "root claude\n");
  write("src/AGENTS.md", "src agents");
  write("src/CLAUDE.md", "src claude");
  write("src/deep/main.cc", "int main() {}");
  write("other/CLAUDE.md", "not on the way");
  const ProjectInstructions read_one = read("src/deep/main.cc");
  EXPECT_EQ(read_one.text, framed("CLAUDE.md", "root claude") +
                               framed("src/AGENTS.md", "src agents") +
                               framed("src/CLAUDE.md", "src claude"));
  EXPECT_EQ(read_one.files, (Texts{"CLAUDE.md", "src/AGENTS.md", "src/CLAUDE.md"}));
  EXPECT_THAT(read_one.notes, IsEmpty());
  EXPECT_EQ(read().files, (Texts{"AGENTS.md", "CLAUDE.md"}));
}

TEST_F(ProjectInstructionsTest, NothingIsThereInAFolderWithoutThem) {
  write("a.txt", "x");
  EXPECT_EQ(read().text, "");
  EXPECT_THAT(read().notes, IsEmpty());
  EXPECT_THAT(project_instructions("/nowhere/at/all", "", Tokens(100)).notes,
              ElementsAre(HasSubstr("cannot open the folder")));
}

TEST_F(ProjectInstructionsTest, ImportsAreReadRelativeToTheirFileAndOnce) {
  write("CLAUDE.md", "See @AGENTS.md and @docs/style.md, then @docs/style.md.");
  write("AGENTS.md", "agents");
  write("docs/style.md", "@more.md");
  write("docs/more.md", "@../CLAUDE.md more");
  EXPECT_EQ(read().files, (Texts{"AGENTS.md", "CLAUDE.md", "docs/style.md", "docs/more.md"}));
  EXPECT_THAT(read().notes, IsEmpty());
}

TEST_F(ProjectInstructionsTest, NoImportLeavesTheRepositoryOrOpensAHiddenFile) {
  folder_.write("secret.md", "SECRET");
  write("CLAUDE.md", "@../secret.md @~/secret.md @/etc/passwd @.env @.git/config @link.md @param");
  write(".env", "SECRET");
  write(".git/config", "SECRET");
  link("link.md", "../secret.md");
  const ProjectInstructions read_one = read();
  EXPECT_EQ(read_one.files, Texts{"CLAUDE.md"});
  EXPECT_THAT(read_one.text, Not(HasSubstr("SECRET")));
  EXPECT_THAT(read_one.notes,
              ElementsAre("CLAUDE.md: '@../secret.md' is outside of the repository: not read",
                          "CLAUDE.md: '@~/secret.md' is outside of the repository: not read",
                          "CLAUDE.md: '@/etc/passwd' is outside of the repository: not read",
                          "CLAUDE.md: '.env' is a hidden file: not read",
                          "CLAUDE.md: '.git/config' is a hidden file: not read",
                          "link.md is a symbolic link: not followed"));
}

TEST_F(ProjectInstructionsTest, AClaudeFileThatIsALinkToAgentsIsNoNews) {
  write("AGENTS.md", "agents");
  link("CLAUDE.md", "AGENTS.md");
  EXPECT_EQ(read().text, framed("AGENTS.md", "agents"));
  EXPECT_THAT(read().notes, IsEmpty());
}

TEST_F(ProjectInstructionsTest, ImportsGoFourHopsFar) {
  write("CLAUDE.md", "@1.md");
  for (int i = 1; i <= 6; ++i) write(fmt::format("{}.md", i), fmt::format("@{}.md", i + 1));
  const ProjectInstructions read_one = read();
  EXPECT_EQ(read_one.files, (Texts{"CLAUDE.md", "1.md", "2.md", "3.md", "4.md"}));
  EXPECT_THAT(read_one.notes, ElementsAre("4.md: '@5.md' is the fifth import in a row: left out"));
}

TEST_F(ProjectInstructionsTest, AnImportFarmEnds) {
  std::string all;
  for (int i = 0; i < 200; ++i) {
    write(fmt::format("{}.md", i), "x");
    all += fmt::format("@{}.md\n", i);
  }
  write("CLAUDE.md", all);
  EXPECT_EQ(read().files.size(), 40U);
}

TEST_F(ProjectInstructionsTest, WhatDoesNotFitIsCutFarthestFirstAndSaid) {
  const std::string line = std::string(99, 'x') + "\n";
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += line;
  write("AGENTS.md", lines);
  write("CLAUDE.md", lines);
  write("src/CLAUDE.md", lines);
  const ProjectInstructions read_one = read("src", 400);
  EXPECT_LE(estimated_tokens(read_one.text.size()), Tokens(400));
  EXPECT_EQ(read_one.files, (Texts{"CLAUDE.md", "src/CLAUDE.md"}));
  EXPECT_THAT(read_one.text, HasSubstr("x\n(cut here)\n</instructions>"));
  EXPECT_THAT(read_one.text, HasSubstr(framed("src/CLAUDE.md", lines.substr(0, lines.size() - 1))));
  EXPECT_THAT(read_one.notes, ElementsAre("CLAUDE.md is cut: the budget is 400 tokens",
                                          "AGENTS.md is left out: the budget is 400 tokens"));
  EXPECT_EQ(read("src", 0).text, "");
}

TEST_F(ProjectInstructionsTest, HostileFilesAreReadAsHarmlessText) {
  write("AGENTS.md", std::string("a\xFF"
                                 "b",
                                 3));
  write("CLAUDE.md", std::string((256 << 10) + 1, 'x'));
  const ProjectInstructions read_one = read("../../etc");
  EXPECT_EQ(read_one.text, framed("AGENTS.md",
                                  "a\xEF\xBF\xBD"
                                  "b"));
  EXPECT_THAT(read_one.notes,
              ElementsAre("'../../etc' is outside of the repository: only its root is looked at",
                          "CLAUDE.md is above 256 KiB: not read"));
}

// ---- text ----

TEST(InstructionTextTest, CommentsGoButForThoseInCode) {
  const auto text = [](std::string_view in) { return read_instruction_text(in).text; };
  EXPECT_EQ(text("a<!-- b\n\n@c -->d"), "ad");
  EXPECT_EQ(text("`<!-- a -->` b"), "`<!-- a -->` b");
  EXPECT_EQ(text("```\n<!-- a -->\n```\n<!-- b -->c"), "```\n<!-- a -->\n```\nc");
  EXPECT_EQ(text("a <!-- open\nb"), "a ");
  EXPECT_EQ(text("<!-- ``` -->\nb"), "\nb");
}

TEST(InstructionTextTest, ImportsStandOutsideOfCodeAndAfterSpace) {
  const auto imports = [](std::string_view in) { return read_instruction_text(in).imports; };
  EXPECT_EQ(imports("@a.md, (@b) x@c.org\n- @d/e.md\n@"), (Texts{"a.md,", "d/e.md"}));
  EXPECT_EQ(imports("`@a` ``@b ` @c`` @d ` @e"), (Texts{"d", "e"}));
  EXPECT_EQ(imports("```\n@a\n``` x\n@b\n````\n@c"), Texts{"c"});
  EXPECT_EQ(imports("~~~ sh\n@a\n```\n@b\n~~~\n@c"), Texts{"c"});
  EXPECT_EQ(imports("```\n@never closed"), Texts{});
  EXPECT_EQ(imports("    ```\n@a"), Texts{"a"});
  EXPECT_EQ(imports("` open\n\n@a `"), Texts{"a"});
}

TEST(InstructionTextTest, HostileTextTakesNoLongTime) {
  std::string runs;
  for (std::size_t i = 1; runs.size() < (256U << 10); ++i) runs += std::string(i, '`') + " ";
  read_instruction_text(runs);
  std::string at;
  while (at.size() < (256U << 10)) at += "@ ` <!- ";
  read_instruction_text(at);
}

}  // namespace
}  // namespace baton
