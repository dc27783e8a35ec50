#include "intake/git.h"

#include <gmock/gmock.h>

#include "intake/intake.h"
#include "intake/test_repository.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RunAndRead, AProgramGetsItsInputAndItsOutputsComeBackApart) {
  const Result<ProgramOutput> output =
      run_and_read({.argv = {"sh", "-c", "cat; echo wrong >&2; exit 3"}, .input = "hello"});
  ASSERT_TRUE(output.ok()) << output.error().message;
  EXPECT_EQ(output->out, "hello");
  EXPECT_EQ(output->err, "wrong\n");
  EXPECT_EQ(output->status, 3);
}

TEST(RunAndRead, NoKeyOfOursReachesAProgram) {
  setenv("ANTHROPIC_API_KEY", "sk-secret", 1);
  const Result<ProgramOutput> output = run_and_read({.argv = {"env"}, .environment = {"OWN=1"}});
  unsetenv("ANTHROPIC_API_KEY");
  ASSERT_TRUE(output.ok());
  EXPECT_THAT(output->out, HasSubstr("PATH="));
  EXPECT_THAT(output->out, HasSubstr("OWN=1\n"));
  EXPECT_THAT(output->out, Not(HasSubstr("sk-secret")));
}

TEST(RunAndRead, AProgramThatSaysTooMuchIsStopped) {
  const Result<ProgramOutput> output = run_and_read({.argv = {"yes"}, .max_output = 1 << 20});
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error(), system_error("yes wrote more than 1 MiB and was stopped"));
}

TEST(RunAndRead, AProgramThatTakesTooLongIsStoppedWithWhatItStarted) {
  const Result<ProgramOutput> output = run_and_read(
      {.argv = {"sh", "-c", "sleep 60 & sleep 60"}, .timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error().message, HasSubstr("took longer"));
}

TEST(RunAndRead, AProgramThatIsNotThereIsSaidToBeMissing) {
  const Result<ProgramOutput> output = run_and_read({.argv = {"baton-no-such-program"}});
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind, ErrorKind::kNotFound);
}

TEST(GitTest, ARevisionIsNeverTakenAsAnOption) {
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  const std::string canary = (repository.path() / "canary").string();
  for (const std::string& word :
       {"--output=" + canary, std::string("--all"), "-o" + canary, std::string("--"),
        std::string("HEAD --output=") + canary, std::string()}) {
    const Result<std::string> commit = resolve_commit(repository.path(), word);
    ASSERT_FALSE(commit.ok()) << word;
    EXPECT_EQ(commit.error().kind, ErrorKind::kUsage);
    EXPECT_FALSE(change_from_range(repository.path(), "HEAD.." + word + "x").ok()) << word;
  }
  EXPECT_FALSE(repository.has("canary"));
}

TEST(GitTest, EveryWayOfNamingACommitResolvesToItsId) {
  const TestRepository repository;
  const std::string first = repository.commit("One");
  const std::string second = repository.commit("Two");
  repository.git({"tag", "-a", "-m", "A tag", "v1", first});
  for (const auto& [name, id] :
       std::vector<std::pair<std::string, std::string>>{{"HEAD", second},
                                                        {"main~1", first},
                                                        {"v1", first},
                                                        {first.substr(0, 8), first},
                                                        {":/One", first}}) {
    const Result<std::string> commit = resolve_commit(repository.path(), name);
    ASSERT_TRUE(commit.ok()) << name;
    EXPECT_EQ(*commit, id) << name;
  }
}

TEST(GitTest, ParentsAreThoseTheCommitRecords) {
  const TestRepository repository;
  const std::string first = repository.commit("One");
  const std::string second = repository.commit("parent of nothing");
  EXPECT_THAT(*parents_of(repository.path(), first), ElementsAre());
  EXPECT_THAT(*parents_of(repository.path(), second), ElementsAre(first));
}

// The repository's own configuration asks for a program at every turn; none may run.
TEST(GitTest, NothingARepositoryConfiguresIsExecuted) {
  const TestRepository repository;
  repository.write("x.txt", "one\n");
  repository.write("filtered.txt", "one\n");
  repository.write(".gitattributes", "*.txt diff=evil\nfiltered.txt filter=evil\n");
  repository.commit("One");
  repository.write("x.txt", "two\n");
  repository.commit("Two");

  const std::string canary = (repository.path() / "canary").string();
  const std::string script = (repository.path() / ".git" / "evil.sh").string();
  repository.write(".git/evil.sh", "#!/bin/sh\ntouch " + canary + "\ncat\n");
  for (const std::string hook : {"post-index-change", "post-checkout", "pre-commit"}) {
    repository.write(".git/hooks/" + hook, "#!/bin/sh\ntouch " + canary + "\n");
    std::filesystem::permissions(repository.path() / ".git/hooks" / hook,
                                 std::filesystem::perms::owner_all);
  }
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  for (const std::string key :
       {"core.fsmonitor", "core.pager", "pager.diff", "pager.log", "diff.external",
        "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "gpg.program", "core.sshCommand", "core.editor",
        "core.alternateRefsCommand", "credential.helper"}) {
    repository.git({"config", key, script});
  }
  repository.git({"config", "alias.diff", "!" + script});
  repository.git({"config", "log.showSignature", "true"});
  repository.git({"config", "core.hooksPath", (repository.path() / ".git/hooks").string()});
  repository.git({"config", "extensions.partialClone", "origin"});
  repository.git({"config", "remote.origin.url", "ext::" + script});
  repository.git({"config", "remote.origin.promisor", "true"});
  repository.remove("canary");

  const Result<Change> range = change_from_range(repository.path(), "HEAD");
  ASSERT_TRUE(range.ok()) << range.error().message;
  EXPECT_EQ(range->files.size(), 1U);
  const Result<Change> tree = change_from_tree(repository.path());
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  EXPECT_NE(tree->find("x.txt"), nullptr);
  EXPECT_FALSE(repository.has("canary"));
}

// Of a repository of ours, neither the folder git runs in nor the machine has a say.
TEST(GitTest, ARepositoryOfOursIsDeafToFoldersAndToTheMachine) {
  const TestRepository ours;
  const std::string commit = ours.commit("Ours");
  const TestRepository theirs;
  theirs.commit("Theirs");
  theirs.write("global", "[filter \"evil\"]\n\tclean = touch /\n[core]\n\tbare = true\n");
  setenv("GIT_CONFIG_GLOBAL", (theirs.path() / "global").c_str(), 1);
  const GitPlace place{.git_folder = ours.path() / ".git",
                       .work_tree = theirs.path(),
                       .index = ours.path() / "an-index",
                       .settings = {"user.name=set here"}};
  const Result<std::string> head = git_output(place, "read HEAD", {"rev-parse", "HEAD"});
  const Result<std::string> settings = git_output(place, "read settings", {"config", "--list"});
  setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(*head, commit + "\n");
  ASSERT_TRUE(settings.ok());
  EXPECT_THAT(*settings, Not(HasSubstr("filter.evil")));
  EXPECT_THAT(*settings, HasSubstr("user.name=set here\n"));
  EXPECT_FALSE(git_output(place, "fail", {"no-such-command"}).ok());
}

TEST(GitTest, ARepositoryOfOursIsLockedWhileGitIsAtWorkInIt) {
  const TestRepository ours;
  const std::string folder = (ours.path() / ".git").string();
  const GitPlace place{.git_folder = folder, .work_tree = {}, .index = {}};
  const std::string lock_alone = "flock --nonblock --exclusive " + folder + " true";
  const Result<ProgramOutput> within = git(place, {"-c", "alias.try=!" + lock_alone, "try"});
  ASSERT_TRUE(within.ok());
  EXPECT_NE(within->status, 0);
  EXPECT_EQ(run_and_read({.argv = {"sh", "-c", lock_alone}, .environment = {}})->status, 0);
}

// A promised object is fetched by the remote's helper program, which a repository can name.
TEST(GitTest, AMissingObjectIsNotFetched) {
  const TestRepository repository;
  repository.write("x.txt", "one\n");
  repository.commit("One");
  repository.write("x.txt", "two\n");
  repository.commit("Two");
  const std::string canary = (repository.path() / "canary").string();
  const std::string blob = repository.git({"rev-parse", "HEAD:x.txt"});
  repository.git({"config", "core.repositoryFormatVersion", "1"});
  repository.git({"config", "extensions.partialClone", "origin"});
  repository.git({"config", "remote.origin.url", "ext::touch " + canary});
  repository.git({"config", "remote.origin.promisor", "true"});
  repository.git({"config", "protocol.ext.allow", "always"});
  repository.remove(".git/objects/" + blob.substr(0, 2) + "/" + blob.substr(2));
  EXPECT_FALSE(change_from_range(repository.path(), "HEAD").ok());
  EXPECT_FALSE(repository.has("canary"));
}

}  // namespace
}  // namespace baton
