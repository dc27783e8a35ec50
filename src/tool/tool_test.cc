#include "tool/tool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/json_string.h"
#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "base/text.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Tool* tool : all_tools()) names.emplace_back(tool->name());
  return names;
}

class ToolTest : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view text) { write_file(root / path, text); }
  std::string slurp(const std::string& path) const { return bytes_of(root / path); }
  ToolResult call(std::string_view name, std::string_view input) {
    ToolResult result = call_tool(name, input, all_names(), site);
    EXPECT_TRUE(is_utf8(result.text)) << name;
    EXPECT_LE(result.text.size(), kMostToolText) << name;
    return result;
  }
  std::string text(std::string_view name, std::string_view input) {
    const ToolResult result = call(name, input);
    return (result.failed ? "failed: " : "") + result.text;
  }
  std::string patch(std::string_view diff) {
    return text("patch", fmt::format(R"({{"patch":{}}})", json_string(diff)));
  }

  TemporaryFolder folder = *TemporaryFolder::create("tool-test");
  fs::path root = folder.path();
  Workspace workspace = *Workspace::open(root);
  ToolSite site{.workspace = workspace};
};

// ---- calls -------------------------------------------------------------------------------------

TEST_F(ToolTest, AToolThatIsNotAllowedOrDoesNotExistIsRefused) {
  EXPECT_EQ(call_tool("write", R"({"path":"a","text":"x"})", {"read", "list"}, site).text,
            "there is no tool write here; there are: read, list");
  EXPECT_FALSE(fs::exists(root / "a"));
  EXPECT_TRUE(call_tool("rm", "{}", {"rm"}, site).failed);
}

TEST_F(ToolTest, InputThatIsWrongIsNamed) {
  EXPECT_THAT(text("read", "not json"), HasSubstr("read was not run: the input is not JSON"));
  EXPECT_THAT(text("read", "[]"), HasSubstr("not a JSON object"));
  EXPECT_EQ(text("read", R"({"path":7})"),
            "failed: read was not run: path: expected string, got 7");
  EXPECT_EQ(
      text("read", R"({"file":"a"})"),
      "failed: read was not run: path: missing; it is required; file: unknown; what there is: "
      "path, first_line, last_line");
  EXPECT_THAT(text("write", fmt::format(R"({{"path":"a","text":"{}"}})",
                                        std::string(std::size_t{9} << 20, 'x'))),
              HasSubstr("at most 8388608 are taken"));
  put("a", "x\n");
  EXPECT_EQ(text("read", R"({"path":"a","first_line":null})"), "1\tx\n") << "null: not given";
}

TEST_F(ToolTest, EveryToolRefusesPathsThatLeadOut) {
  for (const std::string path : {"../x", "/etc/passwd", ".git/config", "/workspace/../x",
                                 "/workspace//etc/passwd", "a\\u0000b"}) {
    const std::string quoted = fmt::format("\"{}\"", path);
    for (const auto& [name, input] : std::vector<std::pair<std::string, std::string>>{
             {"read", R"({"path":PATH})"},
             {"list", R"({"path":PATH})"},
             {"search", R"({"pattern":"x","path":PATH})"},
             {"symbols", R"({"path":PATH})"},
             {"edit", R"({"path":PATH,"old_text":"a","new_text":"b"})"},
             {"write", R"({"path":PATH,"text":"b"})"},
             {"render_pdf", R"({"source":PATH})"}}) {
      std::string full = input;
      full.replace(full.find("PATH"), 4, quoted);
      EXPECT_THAT(text(name, full), StartsWith("failed: ")) << name << " " << path;
    }
  }
  EXPECT_THAT(patch("--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n"), HasSubstr("leads out"));
  EXPECT_THAT(patch("--- /dev/null\n+++ b/.git/hooks/pre-commit\n@@ -0,0 +1 @@\n+x\n"),
              HasSubstr("belongs to git"));
}

TEST_F(ToolTest, WhatCommandsSeeAsWorkspaceIsUnderstood) {
  put("src/a.txt", "x\n");
  EXPECT_EQ(text("read", R"({"path":"/workspace/src/a.txt"})"), "1\tx\n");
  EXPECT_EQ(text("list", R"({"path":"/workspace"})"), "src/\n");
}

// ---- definitions -------------------------------------------------------------------------------

TEST_F(ToolTest, DefinitionsAreValidAndTheSameBytesWhateverTheOrder) {
  const std::string definitions = tool_definitions(all_names(), "");
  const json::array tools = json::parse(definitions).as_array();
  ASSERT_EQ(tools.size(), 13U);
  for (const json::value& tool : tools) {
    EXPECT_EQ(tool.at("input_schema").at("type").as_string(), "object");
    EXPECT_EQ(tool.at("input_schema").at("additionalProperties"), json::value(false));
    EXPECT_LT(tool.at("description").as_string().size(), 400U) << tool.at("name");
  }
  EXPECT_EQ(tool_definitions({"write", "read", "nonsense"}, ""),
            tool_definitions({"read", "write"}, ""));
  EXPECT_EQ(tool_definitions({}, ""), "[]");
}

TEST_F(ToolTest, FinishTakesTheTasksOwnSchema) {
  const json::value tools = json::parse(tool_definitions({"finish"}, R"({"type":"object"})"));
  EXPECT_EQ(tools.at(0).at("input_schema"), json::parse(R"({"type":"object"})"));
}

// ---- read --------------------------------------------------------------------------------------

TEST_F(ToolTest, ReadNumbersLinesAndTellsHowToGoOn) {
  std::string lines;
  for (int i = 1; i <= 2500; ++i) lines += fmt::format("line {}\n", i);
  put("a.txt", lines);
  EXPECT_EQ(text("read", R"({"path":"a.txt","first_line":7,"last_line":8})"),
            "7\tline 7\n8\tline 8\n[lines 7-8 of 2500; go on with first_line 9]\n");
  EXPECT_THAT(text("read", R"({"path":"a.txt"})"),
              AllOf(StartsWith("1\tline 1\n"),
                    EndsWith("1000\tline 1000\n[lines 1-1000 of 2500; go on with first_line "
                             "1001]\n")));
  EXPECT_EQ(text("read", R"({"path":"a.txt","first_line":2500})"),
            "2500\tline 2500\n[lines 2500-2500 of 2500]\n");
  EXPECT_EQ(text("read", R"({"path":"a.txt","first_line":9000})"),
            "failed: no lines 9000-2500: a.txt has 2500 lines");
}

TEST_F(ToolTest, ReadCutsLongLinesAndLongTexts) {
  put("long.txt", std::string(5000, 'x') + "\nshort\n");
  EXPECT_THAT(text("read", R"({"path":"long.txt"})"),
              AllOf(HasSubstr("… [the line goes on for 4400 bytes]\n2\tshort\n")));
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += std::string(500, 'y') + "\n";
  put("wide.txt", wide);
  EXPECT_THAT(text("read", R"({"path":"wide.txt"})"), HasSubstr("of 1000; go on with first_line "));
}

TEST_F(ToolTest, BinaryHugeAndStrangeFilesAreToldNotShown) {
  put("nul.bin", std::string("ab\0cd", 5));
  EXPECT_EQ(text("read", R"({"path":"nul.bin"})"),
            "failed: nul.bin is binary (5 bytes): it is not shown");
  put("utf16.txt", "\xFF\xFEh\x01");
  EXPECT_THAT(text("read", R"({"path":"utf16.txt"})"), HasSubstr("is binary"));
  put("sparse", "");
  fs::resize_file(root / "sparse", std::uintmax_t{1} << 30);
  EXPECT_THAT(text("read", R"({"path":"sparse"})"), HasSubstr("1073741824 bytes; at most"));
  ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(text("read", R"({"path":"pipe"})"), HasSubstr("pipe, socket or device"));
  put("latin.txt", "caf\xE9\n");
  EXPECT_THAT(text("read", R"({"path":"latin.txt"})"),
              AllOf(StartsWith("1\tcaf\uFFFD\n"), HasSubstr("not UTF-8")));
  put("empty", "");
  EXPECT_EQ(text("read", R"({"path":"empty"})"), "empty is empty");
}

// ---- list, glob --------------------------------------------------------------------------------

TEST_F(ToolTest, ListTellsSizesFoldersLinksAndThatThereIsMore) {
  put("src/a.cc", "12345");
  fs::create_symlink("/etc", root / "link");
  EXPECT_EQ(text("list", R"({"recursive":true})"),
            "link  (symbolic link, not followed)\nsrc/\nsrc/a.cc  5\n");
  put("bad\xFFname\n", "");
  EXPECT_THAT(text("list", "{}"), HasSubstr("bad\uFFFDname "));
  for (int i = 0; i < 600; ++i) put(fmt::format("many/f{:03}", i), "");
  EXPECT_THAT(
      text("list", R"({"path":"many"})"),
      AllOf(HasSubstr("many/f499  0\n[entries 1-500; there are more"), Not(HasSubstr("f500"))));
  EXPECT_EQ(text("list", R"({"path":"none"})"), "failed: cannot list: there is no none");
}

TEST_F(ToolTest, GlobFindsFilesByName) {
  put("src/a.cc", "");
  put("src/deep/b.cc", "");
  put("src/deep/b.h", "");
  EXPECT_EQ(text("glob", R"({"pattern":"src/**/*.cc"})"), "src/a.cc\nsrc/deep/b.cc\n");
  EXPECT_EQ(text("glob", R"({"pattern":"*.py"})"), "no file matches *.py\n");
  EXPECT_THAT(text("glob", R"({"pattern":"[x"})"), HasSubstr("failed: pattern: "));
}

// ---- search ------------------------------------------------------------------------------------

TEST_F(ToolTest, SearchFindsByRegexFileFilterContextAndFolder) {
  put("src/a.cc", "int one();\nint two();\nint three();\n");
  put("docs/a.md", "two words\n");
  EXPECT_EQ(text("search", R"({"pattern":"\\btwo\\b"})"),
            "docs/a.md:1:two words\nsrc/a.cc:2:int two();\n");
  EXPECT_EQ(text("search", R"({"pattern":"two","files":"*.md"})"), "docs/a.md:1:two words\n");
  EXPECT_EQ(text("search", R"({"pattern":"two","path":"src","context":1})"),
            "src/a.cc-1-int one();\nsrc/a.cc:2:int two();\nsrc/a.cc-3-int three();\n");
  EXPECT_EQ(text("search", R"j({"pattern":"TWO()","path":"src/a.cc","literal":true,
                              "ignore_case":true
})j"),
            "src/a.cc:2:int two();\n");
  EXPECT_EQ(text("search", R"({"pattern":"two","names_only":true})"), "docs/a.md\nsrc/a.cc\n");
  EXPECT_EQ(text("search", R"({"pattern":"four"})"), "no match for four");
  EXPECT_THAT(text("search", R"j({"pattern":"("})j"), HasSubstr("failed: the search failed: "));
}

TEST_F(ToolTest, SearchFollowsNoLinkReadsNoConfigurationAndSkipsGit) {
  const TemporaryFolder outside = *TemporaryFolder::create("tool-test-outside");
  std::ofstream(outside.path() / "secret") << "canary\n";
  fs::create_symlink(outside.path(), root / "link");
  fs::create_symlink(outside.path() / "secret", root / "file-link");
  put(".git/config", "canary\n");
  put("sub/.git", "canary\n");
  put(".ripgreprc", "--follow\n");
  ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  put(".github/ci.yml", "canary here\n");
  ASSERT_EQ(::setenv("RIPGREP_CONFIG_PATH", (root / ".ripgreprc").c_str(), 1), 0);
  EXPECT_EQ(text("search", R"({"pattern":"canary"})"), ".github/ci.yml:1:canary here\n");
  EXPECT_EQ(text("search", R"({"pattern":"canary","files":"**/.git/**"})"), "no match for canary");
  ::unsetenv("RIPGREP_CONFIG_PATH");
  EXPECT_THAT(text("search", R"({"pattern":"canary","path":"link"})"), StartsWith("failed: "));
  EXPECT_THAT(text("search", R"({"pattern":"canary","path":"file-link"})"), StartsWith("failed: "));
  EXPECT_THAT(text("search", R"({"pattern":"canary","path":"pipe"})"), StartsWith("failed: "));
}

TEST_F(ToolTest, WhatLooksLikeAnOptionIsAPattern) {
  put("--pre=evil", "--files\n");
  EXPECT_EQ(text("search", R"({"pattern":"--files"})"), "--pre=evil:1:--files\n");
  EXPECT_EQ(text("search", R"({"pattern":"files","path":"--pre=evil"})"), "--pre=evil:1:--files\n");
}

TEST_F(ToolTest, HostilePatternsAndTooManyMatchesAreBounded) {
  put("a.txt", std::string(50'000, 'a') + "\n");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(text("search", R"j({"pattern":"(a*)*b"})j"), "no match for (a*)*b");
  EXPECT_THAT(text("search", R"j({"pattern":"((a{1,900}){1,900}){1,900}"})j"),
              StartsWith("failed: the search failed"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "match\n";
  put("many.txt", lines);
  EXPECT_THAT(text("search", R"({"pattern":"match"})"), EndsWith("[there are more: narrow the "
                                                                 "pattern, `path` or `files`]\n"));
  put("latin.txt", "caf\xE9 here\n");
  EXPECT_EQ(text("search", R"({"pattern":"here"})"), "latin.txt:1:caf\uFFFD here\n");
}

// ---- symbols -----------------------------------------------------------------------------------

TEST_F(ToolTest, SymbolsTellsNamesKindsAndLines) {
  put("src/a.py", "class Journal:\n    def open(self):\n        pass\n\ndef main():\n    pass\n");
  EXPECT_EQ(text("symbols", R"({"path":"src/a.py"})"),
            "src/a.py\n  1-3 class Journal\n  2-3 member open in Journal\n  5-6 function main\n");
  EXPECT_THAT(text("symbols", R"({"path":"src"})"), HasSubstr("5-6 function main"));
  put("plain.txt", "nothing\n");
  EXPECT_EQ(text("symbols", R"({"path":"plain.txt"})"), "no symbols in plain.txt");
}

TEST_F(ToolTest, SymbolsReadsNoConfigurationFollowsNoLinkAndDoesNotBlock) {
  const TemporaryFolder outside = *TemporaryFolder::create("tool-test-outside");
  std::ofstream(outside.path() / "secret.py") << "def canary():\n    pass\n";
  fs::create_symlink(outside.path(), root / "link");
  fs::create_symlink(outside.path() / "secret.py", root / "file_link.py");
  ASSERT_EQ(::mkfifo((root / "pipe.py").c_str(), 0600), 0);
  put(".ctags.d/x.ctags", "--links=yes\n");
  put("ctags.d/x.ctags", "--links=yes\n");
  put("own.py", "def own():\n    pass\n");
  EXPECT_EQ(text("symbols", R"({"path":"."})"), "own.py\n  1-2 function own\n");
}

// ---- edit, write -------------------------------------------------------------------------------

TEST_F(ToolTest, EditReplacesWhatIsThereExactlyOnce) {
  put("a.txt", "one\ntwo\nthree\n");
  EXPECT_EQ(text("edit", R"({"path":"a.txt","old_text":"two\n","new_text":"2\n"})"),
            "edited a.txt: 1 place replaced (line 2)");
  EXPECT_EQ(slurp("a.txt"), "one\n2\nthree\n");
  EXPECT_TRUE(call("edit", R"({"path":"a.txt","old_text":"one","new_text":""})").changed);
}

TEST_F(ToolTest, EditTellsHowOftenAndWhereIfNotOnce) {
  put("a.txt", "x = 1\ny\nx = 1\n");
  EXPECT_EQ(text("edit", R"({"path":"a.txt","old_text":"x = 1","new_text":"z"})"),
            "failed: old_text is in a.txt 2 times (lines 1, 3); nothing was changed. Give more of "
            "the text around the one you mean, or set all to true.");
  EXPECT_EQ(slurp("a.txt"), "x = 1\ny\nx = 1\n");
  EXPECT_EQ(text("edit", R"({"path":"a.txt","old_text":"x = 1","new_text":"z","all":true})"),
            "edited a.txt: 2 places replaced (line 1, 3)");
  EXPECT_EQ(slurp("a.txt"), "z\ny\nz\n");
}

TEST_F(ToolTest, EditShowsNearMisses) {
  put("a.py", "def f():\n\treturn  1\n\ndef g():\n    return 2\n");
  EXPECT_EQ(text("edit", R"({"path":"a.py","old_text":"def f():\n    return 1","new_text":"x"})"),
            "failed: a.py does not contain old_text; nothing was changed. Lines 1-2 differ from it "
            "in white space only; they are:\ndef f():\n\treturn  1\n");
  EXPECT_EQ(
      text("edit", R"({"path":"a.py","old_text":"def g():\n    return 3","new_text":"x"})"),
      "failed: a.py does not contain old_text; nothing was changed. Its first line is at line "
      "4, but then line 5 is `return 2` instead of `return 3`.");
  EXPECT_FALSE(call("edit", R"({"path":"a.py","old_text":"zzz","new_text":"x"})").changed);
}

TEST_F(ToolTest, EditMatchesLinesThatEndAsWindowsEndsThem) {
  put("a.txt", "one\r\ntwo\r\nthree\r\n");
  EXPECT_THAT(text("edit", R"({"path":"a.txt","old_text":"one\ntwo","new_text":"1\n2"})"),
              StartsWith("edited"));
  EXPECT_EQ(slurp("a.txt"), "1\r\n2\r\nthree\r\n");
}

TEST_F(ToolTest, EditDoesNotMakeAFileThatFillsMemory) {
  put("a.txt", std::string(1 << 20, 'a'));
  EXPECT_EQ(
      text("edit", fmt::format(R"({{"path":"a.txt","old_text":"a","new_text":"{}",
                                         "all":true}})",
                               std::string(1000, 'b'))),
      "failed: nothing was changed: 1048576 replacements by 1000 bytes would make a.txt larger "
      "than 64 MiB");
}

TEST_F(ToolTest, WriteMakesAndReplacesFiles) {
  EXPECT_EQ(text("write", R"({"path":"new/a.txt","text":"x\ny\n"})"),
            "wrote new/a.txt: 2 lines, 4 bytes");
  EXPECT_EQ(text("write", R"({"path":"new/a.txt","text":""})"),
            "replaced new/a.txt: 0 lines, 0 bytes");
  EXPECT_EQ(slurp("new/a.txt"), "");
}

// ---- patch -------------------------------------------------------------------------------------

TEST_F(ToolTest, APatchChangesSeveralFilesAtOnce) {
  put("a.txt", "one\ntwo\n");
  put("old.txt", "x\n");
  put("gone.txt", "x\n");
  EXPECT_EQ(patch("--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n"
                  "--- /dev/null\n+++ b/new/b.txt\n@@ -0,0 +1 @@\n+b\n"
                  "diff --git a/old.txt b/moved.txt\nrename from old.txt\nrename to moved.txt\n"
                  "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"),
            "patched a.txt: 1 hunk\nwrote new/b.txt\nrenamed old.txt to moved.txt\ndeleted "
            "gone.txt\n");
  EXPECT_EQ(slurp("a.txt"), "one\nTWO\n");
  EXPECT_EQ(slurp("new/b.txt"), "b\n");
  EXPECT_EQ(slurp("moved.txt"), "x\n");
  EXPECT_FALSE(fs::exists(root / "old.txt") || fs::exists(root / "gone.txt"));
}

TEST_F(ToolTest, APatchOfWhichAPartDoesNotFitChangesNothing) {
  put("a.txt", "one\n");
  put("b.txt", "two\n");
  EXPECT_EQ(patch("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+1\n"
                  "--- a/b.txt\n+++ b/b.txt\n@@ -1 +1 @@\n-TWO\n+2\n"),
            "failed: nothing was changed: b.txt: hunk @@ -1 +1 @@ (line 8 of the patch) does not "
            "fit: `TWO` is expected at line 1, where the file has `two`");
  EXPECT_EQ(slurp("a.txt"), "one\n");
  EXPECT_THAT(patch("--- a/none\n+++ b/none\n@@ -1 +1 @@\n-one\n+1\n"),
              HasSubstr("none: there is no such file"));
  EXPECT_THAT(patch("--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n"),
              HasSubstr("is there already"));
  EXPECT_THAT(patch("--- a/a.txt\n+++ /dev/null\n@@ -0,0 +0,0 @@\n"),
              HasSubstr("not all of its lines"));
}

TEST_F(ToolTest, APatchThatCannotBeWrittenIsTakenBack) {
  put("a.txt", "one\n");
  put("file", "x\n");
  EXPECT_THAT(patch("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+1\n"
                    "--- /dev/null\n+++ b/file/below.txt\n@@ -0,0 +1 @@\n+x\n"),
              StartsWith("failed: nothing was changed: "));
  EXPECT_EQ(slurp("a.txt"), "one\n");
}

TEST_F(ToolTest, APatchDoesNotHoldMoreThanSomeFilesInMemory) {
  std::string renames;
  for (int i = 0; i < 12; ++i) {
    if (i == 0) put("f0", std::string(12 << 20, 'a'));
    if (i > 0) fs::create_hard_link(root / "f0", root / fmt::format("f{}", i));
    renames += fmt::format("diff --git a/f{0} b/g{0}\nrename from f{0}\nrename to g{0}\n", i);
  }
  EXPECT_THAT(patch(renames), HasSubstr("more than 128 MiB together"));
  EXPECT_TRUE(fs::exists(root / "f0"));
}

// ---- skill, memory -----------------------------------------------------------------------------

TEST_F(ToolTest, ASkillIsOpenedAndItsFilesAreRead) {
  put("skills/logs/codes.md", "code 3: disk full\n");
  site.skills = {{.name = "logs",
                  .description = "",
                  .body = "Look at codes.md",
                  .folder = root / "skills/logs"}};
  EXPECT_EQ(text("skill", R"({"name":"logs"})"), "Look at codes.md");
  EXPECT_EQ(text("skill", R"({"name":"logs","file":"codes.md"})"), "code 3: disk full\n");
  EXPECT_THAT(text("skill", R"({"name":"logs","file":"../../a"})"), StartsWith("failed: file: "));
  EXPECT_EQ(text("skill", R"({"name":"x"})"), "failed: name: there is no skill x; there are: logs");
}

TEST_F(ToolTest, MemoryIsSearchedAndProposedTo) {
  EXPECT_THAT(text("memory", R"({"action":"search","text":"x"})"), HasSubstr("no memory"));
  std::string proposed;
  site.memory.search = [](const std::string& query) { return "about " + query; };
  site.memory.propose = [&](const std::string& fact) -> Status {
    if (fact == "bad") return input_error("it holds a secret");
    proposed = fact;
    return {};
  };
  EXPECT_EQ(text("memory", R"({"action":"search","text":"build"})"), "about build");
  EXPECT_THAT(text("memory", R"({"action":"propose","text":"ninja is used"})"), HasSubstr("noted"));
  EXPECT_EQ(proposed, "ninja is used");
  EXPECT_EQ(text("memory", R"({"action":"propose","text":"bad"})"),
            "failed: not noted: it holds a secret");
  EXPECT_THAT(text("memory", R"({"action":"drop","text":"x"})"),
              HasSubstr(R"(action: expected one of "search", "propose", got "drop")"));
}

// ---- finish, without a sandbox -----------------------------------------------------------------

TEST_F(ToolTest, FinishChecksItsAnswerAgainstTheTasksSchema) {
  site.answer_schema = R"({"type":"object","properties":{"files":{"type":"array","items":
      {"type":"string"}}},"required":["files"],"additionalProperties":false})";
  const ToolResult refused = call("finish", R"({"files":[1]})");
  EXPECT_TRUE(refused.failed);
  EXPECT_EQ(refused.answer, "");
  EXPECT_EQ(refused.text,
            "the answer has not the form it must have: files[0]: expected string, got 1");
  const ToolResult accepted = call("finish", R"({"files":["a"]})");
  EXPECT_EQ(accepted.answer, R"({"files":["a"]})");
  EXPECT_EQ(accepted.text, "accepted");
}

TEST_F(ToolTest, WithoutASandboxNothingIsRunAndThatIsSaid) {
  site.acceptance = {"make test"};
  const ToolResult finished = call("finish", R"({"summary":"done"})");
  EXPECT_EQ(finished.answer, R"({"summary":"done"})");
  EXPECT_EQ(finished.text, "accepted; not run: `make test` (there is no sandbox)");
  EXPECT_THAT(text("shell", R"({"command":"id"})"), HasSubstr("there is no sandbox"));
  put("a.md", "# Title\n");
  EXPECT_THAT(text("render_pdf", R"({"source":"a.md"})"), HasSubstr("there is no sandbox"));
}

TEST_F(ToolTest, ACancelledAttemptStartsNothing) {
  Cancellation cancel;
  cancel.cancel();
  site.cancel = &cancel;
  EXPECT_EQ(text("write", R"({"path":"a","text":"x"})"), "failed: cancelled before it began");
  EXPECT_FALSE(fs::exists(root / "a"));
}

}  // namespace
}  // namespace baton
