#include "worker/skill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "intake/test_repository.h"

namespace baton {
namespace {

using testing::HasSubstr;

Result<Skill> read(std::string_view text) {
  return read_skill(text, "ci-logs", "ci-logs/SKILL.md");
}

std::string fault(std::string_view text) {
  const Result<Skill> skill = read(text);
  return skill.ok() ? "" : skill.error().message;
}

TEST(SkillTest, ASkillOfTheSpecificationIsReadWithoutNotes) {
  const Result<Skill> skill = read(
      "---\nname: ci-logs\ndescription: Knows our logs.\nlicense: MIT\ncompatibility: any\n"
      "metadata:\n  owner: builds\n---\n1. Find the step.\n");
  ASSERT_TRUE(skill.ok());
  EXPECT_EQ(*skill, (Skill{.name = "ci-logs",
                           .description = "Knows our logs.",
                           .body = "1. Find the step.",
                           .source = "ci-logs/SKILL.md"}));
}

TEST(SkillTest, NameAndDescriptionCanComeFromTheFolderAndTheBody) {
  const Result<Skill> skill = read("# Logs\n\nKnows our\nlogs.\n\nMore.\n");
  ASSERT_TRUE(skill.ok());
  EXPECT_EQ(skill->name, "ci-logs");
  EXPECT_EQ(skill->description, "Knows our logs.");
  EXPECT_TRUE(skill->notes.empty());
}

TEST(SkillTest, WhenToUseBelongsToTheDescription) {
  EXPECT_EQ(read("---\ndescription: Logs.\nwhen_to_use: Use when: red\n---\nx")->description,
            "Logs. Use when: red");
}

TEST(SkillTest, WhatIsNotUsedIsNotedWithTheReason) {
  EXPECT_EQ(
      read("---\nname: logs\ndescription: x\nallowed-tools: Bash(git:*) Read\nhooks:\n  a: b\n"
           "wish: y\n---\n!`date` for $ARGUMENTS")
          ->notes,
      (std::vector<std::string>{
          "line 4: 'allowed-tools' is not used: a worker's tools are those of its own file",
          "line 5: 'hooks' is not used: no command of such a file is ever run by itself",
          "line 7: 'wish' is not used: no such key is known",
          "its name 'logs' is not that of its folder, 'ci-logs'",
          "commands of the form !`…` are not run: they stay text",
          "a skill takes no arguments: $ARGUMENTS stays text"}));
}

TEST(SkillTest, PathsOfTheBodyAreRelativeToItsFolder) {
  EXPECT_EQ(read("---\ndescription: x\n---\nSee ${CLAUDE_SKILL_DIR}/references/a.md.")->body,
            "See references/a.md.");
}

TEST(SkillTest, WhatCannotBeASkillIsRefusedWithItsPlace) {
  EXPECT_EQ(fault("---\ndescription: x\n---\n"),
            "ci-logs/SKILL.md:1: there is nothing after the frontmatter");
  EXPECT_THAT(fault("---\nname: CI\ndescription: x\n---\ny"), HasSubstr("its name 'CI' has"));
  EXPECT_THAT(fault("---\ndescription: [a]\n---\ny"), HasSubstr("md:2: 'description' must be"));
  EXPECT_THAT(fault("# Only a title"), HasSubstr("'description' is missing"));
  EXPECT_THAT(fault("---\ndescription: x\n---\n" + std::string(70'000, 'y')),
              HasSubstr("above 64 KiB"));
}

TEST(SkillTest, TheListingHasOneLineOfEachThatIsListed) {
  const std::vector<Skill> skills = {{.name = "a", .description = "First."},
                                     {.name = "b", .description = "Hidden.", .is_listed = false},
                                     {.name = "c", .description = std::string(2000, 'x')}};
  const std::string listing = skill_listing(skills);
  EXPECT_TRUE(listing.starts_with("- a: First.\n- c: xxx")) << listing;
  EXPECT_LT(listing.size(), 1600U);
  EXPECT_FALSE(read("---\ndescription: x\ndisable-model-invocation: true\n---\ny")->is_listed);
}

TEST(SkillFileTest, FilesBelowTheFolderAreReadAndNothingElse) {
  const TestFolder folder;
  folder.write("skill/references/codes.md", "1: bad\n");
  folder.write("skill/data.bin", std::string("a\0b", 3));
  folder.write("skill/large.md", std::string(kMostSkillFile + 1, 'x'));
  folder.write("secret", "s");
  std::filesystem::create_symlink("../secret", folder.path() / "skill/link");
  std::filesystem::create_symlink("..", folder.path() / "skill/up");
  const Skill skill{.name = "a", .folder = folder.path() / "skill"};

  EXPECT_EQ(*read_skill_file(skill, "references/codes.md"), "1: bad\n");
  EXPECT_EQ(*read_skill_file(skill, "./references/codes.md"), "1: bad\n");
  const auto kind = [&](std::string_view path) {
    return read_skill_file(skill, path).error().kind;
  };
  EXPECT_EQ(kind("references/none.md"), ErrorKind::kNotFound);
  for (const char* path : {"link", "up/secret", "../secret", "/etc/passwd", "references", "", ".",
                           "data.bin", "large.md", "references/../data.bin"}) {
    EXPECT_EQ(kind(path), ErrorKind::kInput) << path;
  }
  EXPECT_EQ(read_skill_file(Skill{.name = "b"}, "x").error(),
            not_found("skill b: cannot read 'x': it has no other files"));
}

}  // namespace
}  // namespace baton
