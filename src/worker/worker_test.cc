#include "worker/worker.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/tool_list.h"
#include "worker/tool_names.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Names = std::vector<std::string>;

const Names kAll(kToolNames.begin(), kToolNames.end());

Result<Worker> read(std::string_view keys) {
  return read_worker("---\nname: w\ndescription: Does it.\n" + std::string(keys) + "---\nDo it.\n",
                     "w.md");
}

Worker worker(std::string_view keys) {
  Result<Worker> result = read(keys);
  if (!result.ok()) ADD_FAILURE() << result.error().message;
  return result.ok() ? std::move(*result) : Worker();
}

std::string fault(std::string_view keys) {
  const Result<Worker> result = read(keys);
  return result.ok() ? "" : result.error().message;
}

TEST(WorkerFileTest, AFileOfClaudeCodeIsReadAsItIs) {
  const Result<Worker> read_one = read_worker(
      "---\n"
      "name: log-triage\n"
      "description: Finds the first real error in a CI log. Use for failed builds.\n"
      "tools: Read, Grep, mcp__logs__read_log\n"
      "disallowedTools: Bash\n"
      "model: haiku\n"
      "maxTurns: 12\n"
      "effort: low\n"
      "skills: [ci-logs]\n"
      "---\n"
      "You read build logs.\n",
      "log-triage.md");
  ASSERT_TRUE(read_one.ok()) << read_one.error().message;
  EXPECT_EQ(*read_one,
            (Worker{.name = "log-triage",
                    .description = "Finds the first real error in a CI log. Use for failed builds.",
                    .instructions = "You read build logs.",
                    .tools = {"read", "search", "symbols", "finish"},
                    .tier = Tier::kFast,
                    .effort = "low",
                    .max_turns = 12,
                    .skills = {"ci-logs"},
                    .source = "log-triage.md",
                    .notes = {"tools: 'mcp__logs__read_log' is left out: MCP servers are not "
                              "reached from a worker"}}));
}

TEST(WorkerFileTest, OurOwnKeysAreOnTop) {
  const Worker mine = worker("tier: deep\ncontext: 60000\nmax_turns: 5\nomitClaudeMd: true\n");
  EXPECT_EQ(mine.tier, Tier::kDeep);
  EXPECT_EQ(mine.context, Tokens(60'000));
  EXPECT_EQ(mine.max_turns, 5);
  EXPECT_TRUE(mine.omits_project_instructions);
  EXPECT_EQ(worker("tier: fast\nmodel: opus\n").tier, Tier::kFast);
  EXPECT_EQ(worker("model: opus\ntier: fast\n").tier, Tier::kFast);
}

TEST(WorkerFileTest, AModelIsATierOrAnId) {
  struct Case {
    const char* model;
    std::optional<Tier> tier;
    const char* id;
  };
  for (const Case& c : {Case{"haiku", Tier::kFast, ""}, Case{"sonnet", Tier::kBalanced, ""},
                        Case{"opus", Tier::kDeep, ""}, Case{"fable", Tier::kDeep, ""},
                        Case{"inherit", {}, ""}, Case{"sonnet[1m]", Tier::kBalanced, ""},
                        Case{"claude-haiku-4-5", {}, "claude-haiku-4-5"}}) {
    const Worker read_one = worker(fmt::format("model: {}\n", c.model));
    EXPECT_EQ(read_one.tier, c.tier) << c.model;
    EXPECT_EQ(read_one.model, c.id) << c.model;
  }
  const Worker both = worker("model: claude-haiku-4-5\ntier: fast\n");
  EXPECT_EQ(both.tier, Tier::kFast);
  EXPECT_EQ(both.model, "claude-haiku-4-5");
}

TEST(WorkerFileTest, WithoutTheKeyAllToolsAreThere) {
  EXPECT_EQ(worker("").tools, kAll);
  EXPECT_THAT(worker("disallowedTools: [Bash, Edit, Write]\n").tools,
              ElementsAre("read", "list", "glob", "search", "symbols", "render_pdf", "skill",
                          "memory", "finish"));
}

TEST(WorkerFileTest, ToolsAreListedWithCommasOrAsAList) {
  const Names expected = {"read", "shell", "finish"};
  for (const char* keys :
       {"tools: Read, Bash\n", "tools: [Bash, Read]\n", "tools:\n  - Read\n  - Bash\n",
        "tools: \"read,shell , finish\"\n", "tools: Agent(a, b), Read, Bash\n",
        "tools: [Read, 'Bash, WebFetch']\n"}) {
    EXPECT_EQ(worker(keys).tools, expected) << keys;
  }
}

TEST(WorkerFileTest, MemoryIsATool) {
  EXPECT_EQ(worker("tools: Read\nmemory: project\n").tools, (Names{"read", "memory", "finish"}));
  EXPECT_EQ(worker("tools: Read\nmemory: user\n").notes,
            Names{"line 5: 'memory' is taken as 'project': facts are kept for each project, not "
                  "'user'"});
  EXPECT_EQ(worker("tools: Read\nmemory: project\ndisallowedTools: memory\n").tools,
            (Names{"read", "finish"}));
}

TEST(WorkerFileTest, SkillsAreNamedOnceAndOnlyByNames) {
  const Worker read_one = worker("skills: ci-logs, ci-logs, other, ../x, plugin:y\n");
  EXPECT_EQ(read_one.skills, (Names{"ci-logs", "other"}));
  EXPECT_THAT(read_one.notes, ElementsAre(HasSubstr("'skills' names '../x', which has"),
                                          HasSubstr("'skills' names 'plugin:y', which has")));
}

TEST(WorkerFileTest, WhetherItWritesIsSaidByItsTools) {
  EXPECT_FALSE(worker("tools: Read, Grep, Glob, Skill\nmemory: project\n").writes());
  for (const char* tool : {"Edit", "Write", "Bash", "patch", "render_pdf"}) {
    EXPECT_TRUE(worker(fmt::format("tools: Read, {}\n", tool)).writes()) << tool;
  }
}

TEST(WorkerFileTest, KeysThatAreNotUsedAreNotedWithTheReason) {
  const Worker noted = worker(
      "permissionMode: bypassPermissions\nhooks:\n  Stop:\n    - command: rm -rf /\n"
      "mcpServers:\n  - a: {command: x}\nbackground: true\ncolor: red\ninitialPrompt: go: on\n"
      "isolation: worktree\nwish: x\neffort: 3\n");
  EXPECT_THAT(
      noted.notes,
      ElementsAre(HasSubstr("line 4: 'permissionMode' is not used: commands always run"),
                  HasSubstr("line 5: 'hooks' is not used: no command"),
                  HasSubstr("line 8: 'mcpServers' is not used"), HasSubstr("line 10: 'background'"),
                  HasSubstr("line 11: 'color'"), HasSubstr("line 12: 'initialPrompt'"),
                  "line 14: 'wish' is not used: no such key is known",
                  HasSubstr("line 15: 'effort' is not used")));
}

TEST(WorkerFileTest, WhatIsWrongIsToldWithItsLine) {
  EXPECT_EQ(fault("tools: WebFetch, Agent(a, b)\n"),
            "w.md:4: 'tools' leaves it none; tools: 'WebFetch' is left out: workers have no "
            "network; tools: 'Agent(a, b)' is left out: the plan starts workers, workers do not");
  EXPECT_EQ(fault("tools: Bash\ndisallowedTools: Bash\n"), "w.md:4: 'tools' leaves it none");
  EXPECT_EQ(fault("tools:\n"), "w.md:4: 'tools' is empty: leave the key out, or name something");
  EXPECT_EQ(fault("tools: []\n"), "w.md:4: 'tools' is empty: leave the key out, or name something");
  EXPECT_EQ(fault("tools: {a: b}\n"), "w.md:4: 'tools' must be a list of names");
  EXPECT_EQ(fault("disallowedTools: Bash: all\n"),
            "w.md:4: 'disallowedTools' is not YAML: write [a, b]");
  EXPECT_EQ(fault("model: the best one\n"),
            "w.md:4: 'model' must be haiku, sonnet, opus, fable, inherit or a model's full id");
  EXPECT_EQ(fault("tier: local\n"), "w.md:4: 'tier' must be fast, balanced or deep");
  EXPECT_EQ(fault("effort: much\n"), "w.md:4: 'effort' must be low, medium, high, xhigh or max");
  EXPECT_EQ(fault("maxTurns: 0\n"), "w.md:4: 'maxTurns' must be a whole number from 1 to 10000");
  EXPECT_EQ(fault("maxTurns: 99999999999999999999\n"),
            "w.md:4: 'maxTurns' must be a whole number from 1 to 10000");
  EXPECT_EQ(fault("max_turns: 1\nmaxTurns: 1\n"),
            "w.md:5: 'maxTurns' stands there twice: maxTurns and max_turns are one");
  EXPECT_EQ(fault("context: 60k\n"),
            "w.md:4: 'context' must be a whole number from 1000 to 10000000");
  EXPECT_EQ(fault("memory: all\n"), "w.md:4: 'memory' must be project, local or user");
  EXPECT_EQ(fault("omitClaudeMd: maybe\n"), "w.md:4: 'omitClaudeMd' must be true or false");
}

TEST(WorkerFileTest, AWorkerNeedsANameADescriptionAndInstructions) {
  const auto error = [](std::string_view text) { return read_worker(text, "w.md").error(); };
  const Error no_worker = not_found("w.md: no worker: there is no 'name' in its frontmatter");
  EXPECT_EQ(error("# Readme\n"), no_worker);
  EXPECT_EQ(error("---\ntitle: x\n---\ny"), no_worker);
  EXPECT_EQ(error("---\nname: w\n---\ny"),
            input_error("w.md:1: 'description' is missing: it says when to choose it"));
  EXPECT_EQ(error("---\nname: w\ndescription: d\n---\n"),
            input_error("w.md:1: there are no instructions after the frontmatter"));
  for (const char* name : {"W", "a:b", "-a", "a b", "\xC3\xA9", "../a", "''"}) {
    EXPECT_EQ(error(fmt::format("---\nname: {}\ndescription: d\n---\ny", name)).kind,
              ErrorKind::kInput)
        << name;
  }
}

TEST(WorkerFileTest, ADescriptionIsOneParagraphOfHarmlessTextAndNotTooLong) {
  const auto described = [](const std::string& text) {
    return read_worker("---\nname: w\ndescription: " + text + "\n---\ny", "w.md");
  };
  EXPECT_EQ(described("Use when: red\n  or not")->description, "Use when: red or not");
  EXPECT_EQ(described("\"a\\n\\e[31mb\"")->description, "a \xEF\xBF\xBD[31mb");
  const Result<Worker> cut = described(std::string(3000, 'x'));
  EXPECT_LE(cut->description.size(), 2000U + 3);
  EXPECT_EQ(cut->notes,
            Names{"line 3: 'description' is cut to 2000 bytes: the planner reads all of them"});
}

// ---- tool lists ----

TEST(ToolListTest, NamesOfClaudeCodeBecomeOurs) {
  struct Case {
    const char* theirs;
    Names granted;
    Names denied;
  };
  for (const Case& c : std::vector<Case>{{"Read", {"read"}, {"read"}},
                                         {"Write", {"write"}, {"write", "patch"}},
                                         {"Edit", {"edit", "patch"}, {"edit", "patch"}},
                                         {"Glob", {"list", "glob"}, {"list", "glob"}},
                                         {"Grep", {"search", "symbols"}, {"search", "symbols"}},
                                         {"Bash", {"shell"}, {"shell"}},
                                         {"Skill", {"skill"}, {"skill"}}}) {
    Names expected = c.granted;
    expected.emplace_back("finish");
    EXPECT_EQ(choose_tools(Names{c.theirs}, {}).tools, expected);
    const Names left = choose_tools({}, {c.theirs}).tools;
    for (const std::string& denied : c.denied)
      EXPECT_THAT(left, testing::Not(testing::Contains(denied)));
    EXPECT_EQ(left.size(), kAll.size() - c.denied.size());
  }
}

TEST(ToolListTest, EveryNameOfOursIsAccepted) {
  for (const std::string& name : kAll) {
    const ToolChoice choice = choose_tools(Names{name}, {});
    EXPECT_THAT(choice.tools, testing::Contains(name));
    EXPECT_FALSE(choice.none_left);
    EXPECT_THAT(choice.notes, IsEmpty());
  }
}

// A narrowed tool must not become a wide one, nor a denied one stay for being narrowed.
TEST(ToolListTest, ANarrowedToolIsNotGrantedAndIsWhollyDenied) {
  const ToolChoice granted = choose_tools(Names{"Bash(git log:*)", "Read"}, {});
  EXPECT_EQ(granted.tools, (Names{"read", "finish"}));
  EXPECT_EQ(granted.notes, Names{"tools: 'Bash(git log:*)' is left out: a tool cannot be narrowed "
                                 "here; 'Bash' alone gives all of it"});
  const ToolChoice denied = choose_tools(Names{"Bash", "Read"}, {"Bash(rm:*)"});
  EXPECT_EQ(denied.tools, (Names{"read", "finish"}));
  EXPECT_EQ(denied.notes, Names{"disallowedTools: 'Bash(rm:*)' takes away all of 'Bash'"});
}

TEST(ToolListTest, FinishIsAlwaysThere) {
  const ToolChoice choice = choose_tools({}, {"finish", "Read"});
  EXPECT_THAT(choice.tools, testing::Contains("finish"));
  EXPECT_EQ(choice.notes, Names{"disallowedTools: 'finish' has no effect: a task is ended by it"});
  EXPECT_FALSE(choose_tools(Names{"finish"}, {}).none_left);
}

TEST(ToolListTest, ADeniedNameThatIsKnownNowhereIsNoted) {
  EXPECT_EQ(choose_tools({}, {"Bahs", "WebFetch", "mcp__*"}).notes,
            Names{"disallowedTools: 'Bahs' is left out: there is no tool of this name"});
}

TEST(ToolListTest, CommasInParenthesesDoNotPart) {
  EXPECT_EQ(split_tool_list("Agent(a, b), Read,,  Bash(x,(y,z)) "),
            (Names{"Agent(a, b)", "Read", "Bash(x,(y,z))"}));
  EXPECT_EQ(split_tool_list("a), b, (c, d"), (Names{"a)", "b", "(c, d"}));
  EXPECT_EQ(split_tool_list(" , "), Names{});
}

}  // namespace
}  // namespace baton
