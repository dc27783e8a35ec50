#include "worker/frontmatter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using Shape = FrontmatterEntry::Shape;
using Texts = std::vector<std::string>;

Result<Frontmatter> read(std::string_view header) {
  return read_frontmatter("---\n" + std::string(header) + "\n---\n\nBody.\n", "x.md");
}

FrontmatterEntry only_entry(std::string_view header) {
  Result<Frontmatter> read_one = read(header);
  if (!read_one.ok()) ADD_FAILURE() << header << ": " << read_one.error().message;
  if (!read_one.ok() || read_one->entries.size() != 1) return {};
  return read_one->entries[0];
}

std::string fault(std::string_view header) {
  const Result<Frontmatter> broken = read(header);
  return broken.ok() ? "" : broken.error().message;
}

TEST(FrontmatterTest, KeysAndBodyAreReadWithTheirLines) {
  const Result<Frontmatter> file =
      read_frontmatter("---\nname: a\n# why\n\ntools: Read\n---\n\nDo it.\n", "x.md");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*file, (Frontmatter{.entries = {{.key = "name", .line = 2, .text = "a"},
                                            {.key = "tools", .line = 5, .text = "Read"}},
                                .body = "Do it."}));
}

TEST(FrontmatterTest, TheCommonFormsOfYamlAreRead) {
  EXPECT_EQ(only_entry("a: 'it''s: so'").text, "it's: so");
  EXPECT_EQ(only_entry("a: \"x\\ny\"").text, "x\ny");
  EXPECT_EQ(only_entry("a: b # why").text, "b");
  EXPECT_EQ(only_entry("a: >\n  one\n  two").text, "one two");
  EXPECT_EQ(only_entry("a: |-\n  one\n  two").text, "one\ntwo");
  EXPECT_EQ(only_entry("a: one\n  two").text, "one two");
  EXPECT_EQ(only_entry("a: [b, 'c d']").items, (Texts{"b", "c d"}));
  EXPECT_EQ(only_entry("a:\n  - b\n  - c").items, (Texts{"b", "c"}));
  EXPECT_EQ(only_entry("a:\n- b\n- c").items, (Texts{"b", "c"}));
  EXPECT_EQ(only_entry("a: [\n  b,\n  c\n]").items, (Texts{"b", "c"}));
  EXPECT_EQ(only_entry("a:").text, "");
  EXPECT_EQ(only_entry("a: 12").text, "12");
  EXPECT_EQ(only_entry("\"a\": true").text, "true");
}

TEST(FrontmatterTest, WhatIsDeeperIsOnlyKnownToBeThere) {
  EXPECT_EQ(only_entry("a:\n  b: c").shape, Shape::kNested);
  EXPECT_EQ(only_entry("a: {b: [c]}").shape, Shape::kNested);
  EXPECT_EQ(only_entry("a:\n  - b\n  - c: d\n  - e"),
            (FrontmatterEntry{.key = "a", .line = 2, .shape = Shape::kNested}));
  EXPECT_EQ(only_entry("a: [b, [c], d]"),
            (FrontmatterEntry{.key = "a", .line = 2, .shape = Shape::kNested}));
}

TEST(FrontmatterTest, ProseThatIsNotYamlIsTheRestOfTheLine) {
  EXPECT_EQ(
      only_entry("description: Use when: x"),
      (FrontmatterEntry{.key = "description", .line = 2, .text = "Use when: x", .literal = true}));
  EXPECT_EQ(only_entry("description: Use when: x\n  and: y").text, "Use when: x and: y");
  EXPECT_EQ(only_entry("description: @docs and `code`").text, "@docs and `code`");
}

TEST(FrontmatterTest, OneKeyOfProseDoesNotMakeProseOfTheOthers) {
  const Result<Frontmatter> file = read("description: Use when: x\nmodel: haiku # cheap");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->entries[1], (FrontmatterEntry{.key = "model", .line = 3, .text = "haiku"}));
}

TEST(FrontmatterTest, ABrokenStructureIsNotReadAsProse) {
  EXPECT_EQ(fault("a: b\ntools: [Read, Grep"),
            "x.md:3: not YAML (end of sequence flow not found): put the text in quotes");
  EXPECT_NE(fault("a: \"b"), "");
  EXPECT_NE(fault("a: \"b\n\n  c\n# d\n\ne: f"), "");
  EXPECT_NE(fault("a: 'b' c: d"), "");
  EXPECT_NE(fault("a: {b"), "");
}

TEST(FrontmatterTest, AnchorsAliasesTagsAndDuplicatesAreRefused) {
  const std::string alias = "anchors and aliases (&, *) are not read: put the text in quotes";
  EXPECT_EQ(fault("x: y\na: &b c"), "x.md:3: " + alias);
  EXPECT_EQ(fault("a: &a [*a]"), "x.md:2: " + alias);
  EXPECT_EQ(fault("a:\n  - &b c\n  - *b"), "x.md:3: " + alias);
  EXPECT_NE(fault("a: *b"), "");
  EXPECT_EQ(fault("a: !run b"), "x.md:2: tags (!) are not read: put the text in quotes");
  EXPECT_EQ(fault("a: b\nc: d\na: e"), "x.md:4: 'a' stands there twice");
  EXPECT_EQ(fault("a: b\n'a': e"), "x.md:3: 'a' stands there twice");
}

TEST(FrontmatterTest, WhatIsNoMapOfKeysIsRefusedWithItsLine) {
  for (const char* header : {"just words", "- a\n- b", "{a: b, c: d}", "? [a]\n: b", ": b",
                             "a: b\n...\nc: d", "a\tb: [", "]"}) {
    EXPECT_NE(fault(header), "") << header;
  }
}

TEST(FrontmatterTest, AFileWithoutAHeaderIsAllBody) {
  EXPECT_EQ(*read_frontmatter("\n# Title\n---\nx\n", "x.md"),
            (Frontmatter{.body = "# Title\n---\nx"}));
  EXPECT_EQ(*read_frontmatter("", "x.md"), Frontmatter());
  EXPECT_EQ(*read_frontmatter("----\nx", "x.md"), (Frontmatter{.body = "----\nx"}));
}

TEST(FrontmatterTest, AHeaderMayBeEmptyHaveAMarkAndWindowsLineEnds) {
  EXPECT_EQ(*read_frontmatter("---\n---\nx", "x.md"), (Frontmatter{.body = "x"}));
  EXPECT_EQ(*read_frontmatter("\xEF\xBB\xBF---\r\na: b\r\n--- \r\nx\r\n", "x.md"),
            (Frontmatter{.entries = {{.key = "a", .line = 2, .text = "b"}}, .body = "x"}));
}

TEST(FrontmatterTest, AHeaderThatDoesNotEndIsRefused) {
  const std::string missing =
      "x.md:1: the frontmatter is not closed: a line '---' is missing after it";
  EXPECT_EQ(read_frontmatter("---\na: b\n", "x.md").error().message, missing);
  EXPECT_EQ(read_frontmatter("---", "x.md").error().message, missing);
  EXPECT_EQ(fault("a: " + std::string(kMostFrontmatter, 'x')),
            "x.md:1: the frontmatter is above 64 KiB, or a line '---' after it missing");
}

TEST(FrontmatterTest, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(fault("a: \xFF"), "x.md:1: not UTF-8 text");
  EXPECT_EQ(fault(std::string("a: b\nc: d\0e", 11)),
            "x.md:3: a control character stands in the frontmatter");
  EXPECT_NE(fault("a: b\x04"), "");
}

TEST(FrontmatterTest, HostileDepthAndLengthAreRefusedOrReadButNeverHang) {
  constexpr std::size_t kMuch = 60'000;
  EXPECT_NE(fault("a: " + std::string(kMuch, '[')), "");
  EXPECT_NE(fault("a: " + std::string(kMuch, '{')), "");
  std::string many;
  for (int i = 0; many.size() < kMuch; ++i) many += fmt::format("k{}: v\n", i);
  EXPECT_EQ(fault(many), "");
  std::string dashes;
  while (dashes.size() < kMuch) dashes += "- ";
  fault("a:\n  " + dashes);
  std::string questions;
  while (questions.size() < kMuch) questions += "? ";
  fault("a:\n  " + questions);
}

RC_GTEST_PROP(FrontmatterTest, AnyTextIsReadOrRefusedWithAPlace, ()) {
  const auto words =
      *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
          "---\n", "\n", "a",     "b",  ": ",    ":",        " ", "- ", "[",   "]",
          "{",     "}",  "\"",    "'",  "|",     ">",        "#", "&x", "*x",  "!t",
          ",",     "? ", "...\n", "\t", "%YAML", "\xC3\xA9", "@", "`",  "\r\n"}));
  std::string text = "---\n";
  for (const std::string& word : words) text += word;
  const Result<Frontmatter> file = read_frontmatter(text + "\n---\n", "x.md");
  if (file.ok()) return;
  RC_ASSERT(file.error().kind == ErrorKind::kInput);
  RC_ASSERT(file.error().message.starts_with("x.md:"));
}

}  // namespace
}  // namespace baton
