#include "base/toml_file.h"

#include <functional>

namespace baton {
namespace {

// The fault that reading a file this way ends with; empty if there is none.
std::string fault_of(std::string_view text, const std::function<void(const TomlTable&)>& read) {
  TomlFile file(text, "test.toml");
  read(file.root());
  return file.error() ? file.error()->message : std::string();
}

TEST(TomlFileTest, WhatIsThereIsRead) {
  TomlFile file(R"(
name = "x"
day = 2026-10-07
count = 3
share = 0.5
on = true
all = ["a", "b"]
[[part]]
[[part]]
)",
                "test.toml");
  const TomlTable root = file.root();
  root.only_keys({"name", "day", "count", "share", "on", "all", "part"});
  EXPECT_EQ(root.text("name"), "x");
  EXPECT_EQ(root.date("day"), "2026-10-07");
  EXPECT_EQ(root.whole("count", 1, 3), 3);
  EXPECT_EQ(root.if_number("count"), 3.0);
  EXPECT_EQ(root.if_number("share"), 0.5);
  EXPECT_EQ(root.truth("on"), true);
  EXPECT_EQ(root.texts("all"), (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(root.tables("part").size(), 2U);
  EXPECT_EQ(root.tables("part")[1].line(), 9);
  EXPECT_FALSE(file.error());
}

TEST(TomlFileTest, WhatNeedNotBeThereIsNothing) {
  TomlFile file("", "test.toml");
  const TomlTable root = file.root();
  EXPECT_FALSE(root.has("x"));
  EXPECT_EQ(root.whole("x", 0, 9), std::nullopt);
  EXPECT_EQ(root.truth("x"), std::nullopt);
  EXPECT_EQ(root.if_text("x"), std::nullopt);
  EXPECT_EQ(root.if_number("x"), std::nullopt);
  EXPECT_EQ(root.texts("x"), std::vector<std::string>());
  EXPECT_TRUE(root.tables("x").empty());
  EXPECT_FALSE(file.error());
}

TEST(TomlFileTest, EveryFaultNamesItsPlace) {
  struct Row {
    std::string toml;
    std::function<void(const TomlTable&)> read;
    std::string says;
  };
  const Row rows[] = {
      {"", [](auto& t) { t.text("x"); }, "line 1, column 1: 'x' is missing"},
      {"x = ''", [](auto& t) { t.text("x"); }, "line 1, column 5: 'x' is not a text in quotes"},
      {"x = 'abc'", [](auto& t) { t.text("x", 2); },
       "line 1, column 5: 'x' is not a text in quotes of 1 to 2 bytes"},
      {"x = '2026-10-07'", [](auto& t) { t.date("x"); },
       "line 1, column 5: 'x' is not a date; write it without quotes, such as 2026-10-07"},
      {"x = 4", [](auto& t) { t.whole("x", 1, 3); },
       "line 1, column 5: 'x' is not a whole number from 1 to 3"},
      {"x = 1", [](auto& t) { t.truth("x"); }, "line 1, column 5: 'x' is neither true nor false"},
      {"x = 'a'", [](auto& t) { t.texts("x"); }, "line 1, column 5: 'x' is not a list of texts"},
      {"x = ['a', 1]", [](auto& t) { t.texts("x"); },
       "line 1, column 11: 'x' is not a list of texts"},
      {"x = [1]", [](auto& t) { t.tables("x"); }, "line 1, column 5: 'x' is not a list of tables"},
      {"a = 1\nx = 2",
       [](auto& t) {
         t.only_keys({"a", "b"});
       },
       "line 2, column 1: 'x' is not a key that stands here; expected one of: a, b"},
      {"x = 2", [](auto& t) { t.only_keys({}, "nothing stands here"); },
       "line 1, column 1: nothing stands here"},
      {"x = 2", [](auto& t) { t.fail_at("x", "too much"); }, "line 1, column 5: too much"},
  };
  for (const Row& row : rows) EXPECT_EQ(fault_of(row.toml, row.read), "test.toml, " + row.says);
}

TEST(TomlFileTest, TheFirstFaultIsKept) {
  EXPECT_EQ(fault_of("x = 1",
                     [](auto& t) {
                       t.truth("x");
                       t.text("y");
                     }),
            "test.toml, line 1, column 5: 'x' is neither true nor false");
}

TEST(TomlFileTest, ATextThatIsNotTomlIsAFaultAndReadsAsNothing) {
  const std::string fault = fault_of("x = ", [](auto& t) { EXPECT_FALSE(t.has("x")); });
  EXPECT_EQ(fault.substr(0, 17), "test.toml, line 1");
}

TEST(TomlFileTest, OnlyNumbersAreNumbers) {
  TomlFile file("a = true\nb = '1'", "test.toml");
  EXPECT_EQ(file.root().if_number("a"), std::nullopt);
  EXPECT_EQ(file.root().if_number("b"), std::nullopt);
  EXPECT_EQ(file.root().if_text("b"), "1");
  EXPECT_EQ(file.root().if_text("a"), std::nullopt);
}

}  // namespace
}  // namespace baton
