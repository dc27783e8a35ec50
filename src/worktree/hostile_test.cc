// What a repository, or a model at work in a worktree, may try to have run on the host. Each trick
// is first played on plain git, to show that it is one.
#include <gmock/gmock.h>

#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::IsEmpty;
using testing::Not;

class HostileTest : public testing::Test {
 protected:
  // A program that leaves its name, and otherwise does what a filter does.
  HostileTest() {
    script_ = (traps_.path() / "trap.sh").string();
    write_file(script_, "#!/bin/sh\ntouch \"" + traps_.path().string() +
                            "/caught-$(basename \"$0\")-$$\"\ncat 2>/dev/null\nexit 0\n");
    fs::permissions(script_, fs::perms(0755));
  }

  std::vector<std::string> caught() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(traps_.path())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("caught-")) names.push_back(name);
    }
    return names;
  }
  void forget() const {
    for (const std::string& name : caught()) fs::remove(traps_.path() / name);
  }

  // Everything git can be configured to run.
  std::string configuration() const {
    std::string text = "[core]\n\tfsmonitor = " + script_ + "\n\tpager = " + script_ +
                       "\n\teditor = " + script_ + "\n\tsshCommand = " + script_ +
                       "\n\talternateRefsCommand = " + script_ +
                       "\n\thooksPath = " + (traps_.path() / "hooks").string() + "\n";
    text += "[filter \"trap\"]\n\tclean = " + script_ + "\n\tsmudge = " + script_ +
            "\n\trequired = true\n";
    text += "[diff]\n\texternal = " + script_ + "\n";
    text += "[diff \"trap\"]\n\tcommand = " + script_ + "\n\ttextconv = " + script_ + "\n";
    text += "[merge \"trap\"]\n\tdriver = " + script_ + " %A %O %B\n";
    text += "[gpg]\n\tprogram = " + script_ + "\n[commit]\n\tgpgSign = true\n";
    text += "[uploadpack]\n\tpackObjectsHook = " + script_ + "\n";
    return text;
  }

  void set_hooks() const {
    for (const std::string hook :
         {"reference-transaction", "post-index-change", "post-checkout", "pre-commit", "post-merge",
          "fsmonitor-watchman", "pre-auto-gc", "post-commit", "commit-msg"}) {
      const fs::path file = traps_.path() / "hooks" / hook;
      fs::create_directories(file.parent_path());
      fs::copy_file(script_, file, fs::copy_options::overwrite_existing);
    }
  }

  TestFolder traps_;
  std::string script_;
};

constexpr const char* kAttributes = "* filter=trap diff=trap merge=trap\n";

// A run's whole life upon a base that names drivers for every file.
void live(TestRun& run) {
  RunRepository repository = run.open();
  std::vector<std::string> commits;
  for (const std::string name : {"one", "two"}) {
    const fs::path worktree = value_of(repository.worktree(name, run.base));
    write_file(worktree / "a.txt", name + "\n");
    write_file(worktree / (name + ".new"), "new\n");
    const std::string tree = value_of(repository.snapshot(name));
    write_file(worktree / "a.txt", "more\n");
    expect_ok(repository.restore(name, tree));
    commits.push_back(value_of(repository.commit(name, tree, {run.base}, said(name))));
  }
  EXPECT_THAT(value_of(repository.merge(commits[0], commits[1], said("Merge"))).conflicts,
              Not(IsEmpty()));
  value_of(repository.diff(run.base, commits[0], 10'000));
  value_of(repository.changes(run.base, commits[0]));
  value_of(repository.text(commits[0], "a.txt", 100));
  (void)repository.adopt_uncommitted_changes();
  expect_ok(repository.deliver(commits[0], "result"));
  expect_ok(repository.remove_worktree("one"));
  expect_ok(repository.remove());
}

TEST_F(HostileTest, NothingTheUsersRepositoryConfiguresRuns) {
  TestRun run;
  run.user.write(".gitattributes", kAttributes);
  run.base = run.user.commit("Attributes");
  run.user.git({"branch", "side"});
  set_hooks();
  write_file(run.user.path() / ".git/config",
             bytes_of(run.user.path() / ".git/config") + configuration());
  run.user.write("a.txt", "uncommitted\n");
  live(run);
  EXPECT_THAT(caught(), IsEmpty());

  // The controls: plain git runs the trap at each of these.
  const auto plain = [&run](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", run.user.path().string()});
    run_and_read({.argv = words, .environment = {}, .input = {}}).ok();
  };
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"status"},
           {"add", "-A"},
           {"diff", "HEAD~1"},
           {"update-ref", "refs/heads/x", "HEAD"},
           {"worktree", "add", "-q", (run.state.path() / "plain").string()}}) {
    forget();
    plain(words);
    EXPECT_THAT(caught(), Not(IsEmpty())) << words[0];
  }
}

TEST_F(HostileTest, NothingTheMachineConfiguresRuns) {
  TestRun run;
  run.user.write(".gitattributes", kAttributes);
  run.base = run.user.commit("Attributes");
  set_hooks();
  write_file(traps_.path() / "gitconfig", configuration());
  setenv("GIT_CONFIG_GLOBAL", (traps_.path() / "gitconfig").c_str(), 1);
  live(run);
  EXPECT_THAT(caught(), IsEmpty());
  run_and_read(
      {.argv = {"git", "-C", run.user.path().string(), "status"}, .environment = {}, .input = {}})
      .ok();
  setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  EXPECT_THAT(caught(), Not(IsEmpty())) << "plain git runs them";
}

// As a worker would: in place of the worktree's `.git`, in folders of its own, and as a submodule.
TEST_F(HostileTest, NoGitFolderThatAWorkerMadeIsObeyed) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path worktree = value_of(repository.worktree("w", run.base));
  const std::string tree = value_of(repository.snapshot("w"));
  const std::string commit = value_of(repository.commit("w", tree, {run.base}, said("x")));
  set_hooks();
  fs::remove(worktree / ".git");
  for (const std::string nested : {".", "nested", "src"}) {
    const std::string at = (worktree / nested).string();
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"git", "init", "-q", at},
             {"git", "-C", at, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit",
              "-q", "--allow-empty", "-m", "x"}}) {
      ASSERT_EQ(run_and_read({.argv = words, .environment = {}, .input = {}})->status, 0);
    }
    write_file(worktree / nested / ".git/config",
               bytes_of(worktree / nested / ".git/config") + configuration());
    write_file(worktree / nested / ".gitattributes", kAttributes);
    write_file(worktree / nested / "file", "x\n");
  }
  write_file(worktree / ".gitmodules", "[submodule \"nested\"]\n\tpath = nested\n\turl = ext::" +
                                           script_ + "\n\tupdate = !" + script_ + "\n");
  const std::string taken = value_of(repository.snapshot("w"));
  EXPECT_EQ(value_of(repository.files(taken)),
            (std::vector<std::string>{".gitattributes", ".gitignore", ".gitmodules", "a.txt",
                                      "file", "nested/.gitattributes", "nested/file",
                                      "src/.gitattributes", "src/b.txt", "src/file"}));
  expect_ok(repository.restore("w", taken));
  value_of(repository.snapshot("w"));
  value_of(repository.worktree("w", run.base));
  value_of(repository.diff(commit, taken, 10'000));
  expect_ok(repository.restore("w", tree));
  EXPECT_EQ(value_of(repository.snapshot("w")), tree);
  EXPECT_THAT(caught(), IsEmpty());
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(worktree / ".git")))
      << "the worktree's own link is back";

  write_file(worktree / "plain/x", "x");
  run_and_read({.argv = {"git", "init", "-q", (worktree / "plain").string()},
                .environment = {},
                .input = {}})
      .ok();
  write_file(worktree / "plain/.git/config",
             bytes_of(worktree / "plain/.git/config") + configuration());
  run_and_read({.argv = {"git", "-C", (worktree / "plain").string(), "status"},
                .environment = {},
                .input = {}})
      .ok();
  EXPECT_THAT(caught(), Not(IsEmpty())) << "plain git obeys it";
}

TEST_F(HostileTest, LinksOutOfTheWorktreeAreNeverWrittenThrough) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path worktree = value_of(repository.worktree("w", run.base));
  const std::string tree = value_of(repository.snapshot("w"));
  traps_.write("outside/b.txt", "not yours\n");
  const auto outside = picture_of(traps_.path() / "outside");
  fs::remove_all(worktree / "src");
  fs::create_directory_symlink(traps_.path() / "outside", worktree / "src");
  fs::create_directory_symlink(traps_.path() / "outside", worktree / "more");
  fs::remove(worktree / "a.txt");
  fs::create_symlink(traps_.path() / "outside/b.txt", worktree / "a.txt");
  fs::remove(worktree / ".git");
  fs::create_symlink(traps_.path() / "outside/b.txt", worktree / ".git");
  value_of(repository.snapshot("w"));
  expect_ok(repository.restore("w", tree));
  EXPECT_EQ(picture_of(traps_.path() / "outside"), outside);
  EXPECT_EQ(bytes_of(worktree / "src/b.txt"), "b\n");
  fs::create_directory_symlink(traps_.path() / "outside", worktree / "again");
  expect_ok(repository.remove_worktree("w"));
  EXPECT_EQ(picture_of(traps_.path() / "outside"), outside);
}

// The merged trees' own attributes name drivers that no configuration of ours has.
TEST_F(HostileTest, AMergeRunsNoDriver) {
  TestRun run;
  run.user.write(".gitattributes", "* merge=trap\n");
  run.base = run.user.commit("Attributes");
  write_file(traps_.path() / "gitconfig", configuration());
  RunRepository repository = run.open();
  std::vector<std::string> commits;
  for (const std::string name : {"one", "two"}) {
    write_file(value_of(repository.worktree(name, run.base)) / "a.txt", name + "\n");
    commits.push_back(value_of(
        repository.commit(name, value_of(repository.snapshot(name)), {run.base}, said(name))));
  }
  setenv("GIT_CONFIG_GLOBAL", (traps_.path() / "gitconfig").c_str(), 1);
  value_of(repository.merge(commits[0], commits[1], said("Merge")));
  EXPECT_THAT(caught(), IsEmpty());
  expect_ok(repository.deliver(commits[0], "one"));
  expect_ok(repository.deliver(commits[1], "two"));
  run_and_read({.argv = {"git", "-C", run.user.path().string(), "-c", "core.fsmonitor=false", "-c",
                         "core.hooksPath=/dev/null", "merge-tree", "--write-tree", "one", "two"},
                .environment = {},
                .input = {}})
      .ok();
  setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  EXPECT_THAT(caught(), Not(IsEmpty())) << "plain git runs it";
}

}  // namespace
}  // namespace baton
