// The tools that run commands, in the real sandbox.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json_string.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "tool/tool.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

// Once for all tests: it takes its time to prove itself. Null if bubblewrap is not installed.
const Sandbox* sandbox() {
  static const Result<Sandbox> opened = Sandbox::open();
  if (!opened && opened.error().kind == ErrorKind::kNotFound) return nullptr;
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? &*opened : nullptr;
}

class SandboxedToolsTest : public testing::Test {
 protected:
  void SetUp() override {
    site.sandbox = sandbox();
    if (site.sandbox == nullptr) GTEST_SKIP() << "bubblewrap is not installed";
    ASSERT_TRUE(Sandbox::adopt(root));
  }

  ToolResult call(std::string_view name, std::string_view input) {
    ToolResult result = call_tool(name, input, {"shell", "finish", "render_pdf", "write"}, site);
    EXPECT_TRUE(is_utf8(result.text));
    EXPECT_LE(result.text.size(), kMostToolText);
    return result;
  }
  ToolResult shell(std::string_view command, int seconds = 60) {
    return call("shell", fmt::format(R"({{"command":{},"timeout_seconds":{}}})",
                                     json_string(command), seconds));
  }

  TemporaryFolder folder = *TemporaryFolder::create("tool-test");
  fs::path root = folder.path();
  Workspace workspace = *Workspace::open(root);
  ToolSite site{.workspace = workspace};
};

TEST_F(SandboxedToolsTest, ShellTellsHowACommandEndedAndWhatItPrinted) {
  const ToolResult good = shell("echo hello; echo problem >&2");
  EXPECT_EQ(good.text, "ended with code 0\nhello\nproblem\n");
  EXPECT_FALSE(good.failed);
  EXPECT_TRUE(good.changed);
  const ToolResult bad = shell("exit 3");
  EXPECT_THAT(bad.text, StartsWith("ended with code 3\n"));
  EXPECT_TRUE(bad.failed);
}

TEST_F(SandboxedToolsTest, WhatAToolWroteACommandReadsAndTheOtherWayRound) {
  EXPECT_FALSE(call("write", R"({"path":"a/b.txt","text":"from the tool\n"})").failed);
  EXPECT_THAT(shell("cat /workspace/a/b.txt && echo from the shell > a/b.txt").text,
              HasSubstr("from the tool"));
  EXPECT_EQ(*workspace.read("a/b.txt", 100), "from the shell\n");
  EXPECT_FALSE(call("write", R"({"path":"a/b.txt","text":"again\n"})").failed);
  EXPECT_THAT(shell("echo more >> a/b.txt && cat a/b.txt").text, HasSubstr("again\nmore\n"));
}

TEST_F(SandboxedToolsTest, OutputIsBoundedAndFreeOfEscapes) {
  EXPECT_THAT(shell(R"(printf '\033[31mred\033[0m \033]0;title\007 10%%\r100%%\n\001\377')").text,
              HasSubstr("\n100%\n\uFFFD\uFFFD"));
  const ToolResult long_one = shell("echo first; yes | head -c 3000000; echo last");
  EXPECT_THAT(long_one.text, AllOf(HasSubstr("first\ny\n"), HasSubstr("y\nlast\n")));
}

TEST_F(SandboxedToolsTest, ACommandThatTakesTooLongOrIsCancelledIsStopped) {
  const ToolResult slow = shell("echo begun; sleep 60", 1);
  EXPECT_THAT(slow.text, AllOf(StartsWith("took longer than it may and was stopped after"),
                               HasSubstr("begun")));
  EXPECT_TRUE(slow.failed);
  Cancellation cancel;
  site.cancel = &cancel;
  std::thread other([&] { cancel.cancel(); });
  EXPECT_TRUE(shell("sleep 60").failed);
  other.join();
}

TEST_F(SandboxedToolsTest, ACommandThatAPersonRefusesIsNotRun) {
  site.allow_command = [](const std::string& command) { return command != "touch x"; };
  EXPECT_THAT(shell("touch x").text, HasSubstr("did not allow"));
  EXPECT_FALSE(fs::exists(root / "x"));
  EXPECT_FALSE(shell("touch y").failed);
}

TEST_F(SandboxedToolsTest, FinishIsAcceptedOnlyIfAllCommandsPass) {
  site.acceptance = {"true", "echo checking; test -f done.txt || { echo no done.txt; exit 4; }"};
  const ToolResult early = call("finish", R"({"summary":"done"})");
  EXPECT_TRUE(early.failed);
  EXPECT_EQ(early.answer, "");
  EXPECT_THAT(early.text,
              AllOf(StartsWith("not accepted: `echo checking"), HasSubstr("ended with code 4"),
                    HasSubstr("checking\nno done.txt\n"), HasSubstr("call finish again")));
  ASSERT_TRUE(workspace.write("done.txt", ""));
  const ToolResult late = call("finish", R"({"summary":"done"})");
  EXPECT_EQ(late.text, "accepted; 2 acceptance commands passed");
  EXPECT_EQ(late.answer, R"({"summary":"done"})");
}

TEST_F(SandboxedToolsTest, OfALongOutputFinishTellsTheEnd) {
  site.acceptance = {"seq 1 100000; false"};
  EXPECT_THAT(call("finish", R"({"summary":"x"})").text,
              AllOf(HasSubstr("bytes left out"), HasSubstr("\n99999\n100000\n")));
}

TEST_F(SandboxedToolsTest, AnAcceptanceCommandThatAPersonRefusesIsNamedNotRun) {
  site.acceptance = {"touch x"};
  site.allow_command = [](const std::string&) { return false; };
  EXPECT_EQ(call("finish", R"({"summary":"x"})").text,
            "accepted; not run: `touch x` (the user did not allow it)");
  EXPECT_FALSE(fs::exists(root / "x"));
}

bool is_installed(const char* program) {
  return fs::exists(fs::path("/usr/bin") / program);
}

TEST_F(SandboxedToolsTest, APdfIsMadeOfMarkdown) {
  if (!is_installed("pandoc") || !is_installed("weasyprint")) {
    GTEST_SKIP() << "pandoc and weasyprint are not installed";
  }
  ASSERT_TRUE(workspace.write("docs/-guide.md", "# Title\n\nSome *text*.\n"));
  const ToolResult made = call("render_pdf", R"({"source":"docs/-guide.md","target":"out/g.pdf"})");
  EXPECT_THAT(made.text, StartsWith("wrote out/g.pdf: "));
  EXPECT_THAT(*workspace.read("out/g.pdf", 1 << 20), StartsWith("%PDF-"));
}

TEST_F(SandboxedToolsTest, APdfIsNotMadeOfWhatIsNotThereNorUnderAnotherName) {
  EXPECT_THAT(call("render_pdf", R"({"source":"none.md"})").text, HasSubstr("there is no none.md"));
  ASSERT_TRUE(workspace.write("a.md", "# Title\n"));
  EXPECT_THAT(call("render_pdf", R"({"source":"a.md","target":"a.html"})").text,
              HasSubstr("target: must end with .pdf"));
}

TEST_F(SandboxedToolsTest, APandocThatFailsIsTold) {
  if (!is_installed("pandoc") || !is_installed("weasyprint")) {
    GTEST_SKIP() << "pandoc and weasyprint are not installed";
  }
  ASSERT_TRUE(workspace.write("a.md", "# Title\n"));
  fs::create_symlink("/proc/version", root / "a.pdf");  // cannot be written
  const ToolResult failed = call("render_pdf", R"({"source":"a.md"})");
  EXPECT_TRUE(failed.failed);
  EXPECT_THAT(failed.text, AllOf(StartsWith("no PDF was made: pandoc ended with code"),
                                 Not(HasSubstr("wrote"))));
}

}  // namespace
}  // namespace baton
