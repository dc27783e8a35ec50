#include "tool/glob.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

namespace baton {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  const Result<Glob> glob = Glob::parse(pattern);
  EXPECT_TRUE(glob) << glob.error().message;
  return glob && glob->matches(path);
}

TEST(GlobTest, AStarStaysWithinItsNameAndTwoStarsDoNot) {
  EXPECT_TRUE(matches("src/*.cc", "src/a.cc"));
  EXPECT_FALSE(matches("src/*.cc", "src/b/a.cc"));
  EXPECT_TRUE(matches("src/**/*.cc", "src/a.cc"));
  EXPECT_TRUE(matches("src/**/*.cc", "src/b/c/a.cc"));
  EXPECT_TRUE(matches("**/test/**", "a/test/b/c"));
  EXPECT_FALSE(matches("src/**/x/*.cc", "src/x/y/a.cc"));
  EXPECT_TRUE(matches("./src/a.cc", "src/a.cc"));
}

TEST(GlobTest, APatternWithoutASlashIsLookedForInEveryFolder) {
  EXPECT_TRUE(matches("*.md", "docs/deep/a.md"));
  EXPECT_TRUE(matches("README*", "README.md"));
  EXPECT_FALSE(matches("/*.md", "docs/a.md"));
}

TEST(GlobTest, QuestionMarksClassesAndBraces) {
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[]x]", "]"));
  EXPECT_TRUE(matches("src/*.{cc,h}", "src/a.h"));
  EXPECT_FALSE(matches("src/*.{cc,h}", "src/a.py"));
  EXPECT_TRUE(matches("{a,{b,c}/d}", "c/d"));
}

TEST(GlobTest, WhatIsNotClosedOrTooMuchIsRefused) {
  EXPECT_FALSE(Glob::parse("a[b"));
  EXPECT_FALSE(Glob::parse("a{b"));
  EXPECT_FALSE(Glob::parse("[a/b]"));
  std::string bomb;
  for (int i = 0; i < 30; ++i) bomb += "{a,b}";
  EXPECT_FALSE(Glob::parse(bomb));
  EXPECT_FALSE(Glob::parse(std::string(100'000, '{')));
}

TEST(GlobTest, HostilePatternsTakeNoTime) {
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  std::string folders;
  for (int i = 0; i < 50; ++i) folders += "**/a/";
  std::string path;
  for (int i = 0; i < 500; ++i) path += "a/";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches(stars + "b", std::string(250, 'a')));
  EXPECT_FALSE(matches(folders + "b", path + "c"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace baton
