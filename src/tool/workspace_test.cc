#include "tool/workspace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "tool/workspace_path.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using Kind = WorkspaceEntry::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::int64_t kLimit = 1 << 20;

// A workspace beside a folder that is none of its business.
class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    fs::create_directory(inside);
    write_file(outside / "secret.txt", "canary");
  }

  // In memory where there is such a place: some tests make very many files.
  static TemporaryFolder make_folder() {
    const char* usual = std::getenv("TMPDIR");
    const std::string before = usual == nullptr ? "/tmp" : usual;
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
    Result<TemporaryFolder> made = TemporaryFolder::create("workspace-test");
    ::setenv("TMPDIR", before.c_str(), 1);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static Workspace opened(const fs::path& path) {
    Result<Workspace> workspace = Workspace::open(path);
    EXPECT_TRUE(workspace) << workspace.error().message;
    return *std::move(workspace);
  }

  TemporaryFolder folder = make_folder();
  fs::path inside = folder.path() / "inside";
  fs::path outside = folder.path() / "outside";
  Workspace workspace = (fs::create_directory(inside), opened(inside));
};

std::string error_of(const Result<std::string>& result) {
  return result ? "read: " + *result : result.error().message;
}
std::string error_of(const Status& status) {
  return status ? "done" : status.error().message;
}

TEST_F(WorkspaceTest, WhatIsWrittenIsReadAgainAndFoldersAreMade) {
  EXPECT_TRUE(workspace.write("./src//deep/a.txt", "one\n"));
  EXPECT_EQ(bytes_of(inside / "src/deep/a.txt"), "one\n");
  EXPECT_EQ(*workspace.read("src/deep/a.txt", kLimit), "one\n");
  EXPECT_TRUE(workspace.write("src/deep/a.txt", ""));
  EXPECT_EQ(*workspace.read("src/deep/a.txt", kLimit), "");
}

TEST_F(WorkspaceTest, NoPathLeadsOut) {
  for (const std::string path : {"../outside/secret.txt", "a/../../outside/secret.txt", "..",
                                 "a/..", "/etc/passwd", "//etc/passwd", "/proc/self/environ"}) {
    EXPECT_THAT(error_of(workspace.read(path, kLimit)),
                testing::AnyOf(HasSubstr("leads out"), HasSubstr("is absolute")));
    EXPECT_FALSE(workspace.write(path, "x"));
    EXPECT_FALSE(workspace.remove(path));
    EXPECT_FALSE(workspace.list(path, false, 10));
  }
  EXPECT_EQ(bytes_of(outside / "secret.txt"), "canary");
}

TEST_F(WorkspaceTest, NoLinkIsFollowedNeitherAtTheEndNorOnTheWay) {
  fs::create_symlink(outside, inside / "folder");
  fs::create_symlink(outside / "secret.txt", inside / "file");
  fs::create_symlink("../outside", inside / "relative");
  fs::create_symlink("/proc/self/root", inside / "magic");
  write_file(inside / "mine.txt", "mine");
  fs::create_symlink("mine.txt", inside / "to-mine");
  for (const std::string path :
       {"folder/secret.txt", "file", "relative/secret.txt", "magic/etc/passwd", "to-mine"}) {
    EXPECT_THAT(error_of(workspace.read(path, kLimit)), HasSubstr("symbolic link")) << path;
    EXPECT_THAT(error_of(workspace.write(path, "x")), HasSubstr("symbolic link")) << path;
  }
  EXPECT_FALSE(workspace.write("folder/new/deep.txt", "x"));
  EXPECT_FALSE(workspace.remove("folder/secret.txt"));
  EXPECT_FALSE(workspace.list("folder", true, 10));
  EXPECT_EQ(bytes_of(outside / "secret.txt"), "canary");
  EXPECT_EQ(bytes_of(inside / "mine.txt"), "mine");
  EXPECT_FALSE(fs::exists(outside / "new"));
}

TEST_F(WorkspaceTest, ALinkMayBeRemovedAndWhatItPointsAtStays) {
  fs::create_symlink(outside / "secret.txt", inside / "file");
  EXPECT_TRUE(workspace.remove("file"));
  EXPECT_FALSE(fs::is_symlink(inside / "file"));
  EXPECT_EQ(bytes_of(outside / "secret.txt"), "canary");
}

// The folder is a real one at one moment and a link to the outside at the next.
TEST_F(WorkspaceTest, AFolderThatIsSwappedForALinkNeverLeadsOut) {
  write_file(inside / "real/secret.txt", "harmless");
  fs::create_symlink(outside, inside / "link");
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    const std::string a = (inside / "real").string();
    const std::string b = (inside / "link").string();
    while (!stop) ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
  });
  int reads = 0;
  int refusals = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  while (std::chrono::steady_clock::now() < end) {
    const Result<std::string> text = workspace.read("real/secret.txt", kLimit);
    EXPECT_NE(text ? *text : "", "canary");
    ++(text ? reads : refusals);
    (void)workspace.write("real/secret.txt", "harmless").ok();
    (void)workspace.write("real/new/file.txt", "harmless").ok();
  }
  stop = true;
  swapper.join();
  EXPECT_GT(reads, 0);
  EXPECT_GT(refusals, 0) << "nothing was swapped: this proved nothing";
  EXPECT_EQ(bytes_of(outside / "secret.txt"), "canary");
  EXPECT_FALSE(fs::exists(outside / "new"));
}

TEST_F(WorkspaceTest, GitIsNotThereInAnySpelling) {
  write_file(inside / ".git/config", "[core]");
  write_file(inside / "sub/.git", "gitdir: elsewhere");
  for (const std::string path :
       {".git", ".git/config", ".GIT/config", "./.Git/hooks/post-commit", "sub/.git", "sub/.git/x",
        ".git./config", ".git ", ".git. .", "git~1/config", "GIT~1", ".g\u200Cit/config",
        "\uFEFF.git", ".git::$INDEX_ALLOCATION/config"}) {
    EXPECT_THAT(error_of(workspace.read(path, kLimit)), HasSubstr("belongs to git")) << path;
    EXPECT_FALSE(workspace.write(path, "x")) << path;
    EXPECT_FALSE(workspace.remove(path)) << path;
    EXPECT_FALSE(workspace.list(path, false, 10)) << path;
  }
  EXPECT_TRUE(workspace.write(".gitignore", "build/\n"));
  EXPECT_TRUE(workspace.write(".github/workflows/ci.yml", "on: push\n"));
  const auto all = workspace.list("", true, 100);
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, ElementsAre(WorkspaceEntry{".github", Kind::kFolder, 0},
                                WorkspaceEntry{".github/workflows", Kind::kFolder, 0},
                                WorkspaceEntry{".github/workflows/ci.yml", Kind::kFile, 9},
                                WorkspaceEntry{".gitignore", Kind::kFile, 7},
                                WorkspaceEntry{"sub", Kind::kFolder, 0}));
}

TEST_F(WorkspaceTest, AWriteReplacesTheNameSoAHardLinkElsewhereIsUntouched) {
  std::error_code failed;
  fs::create_hard_link(outside / "secret.txt", inside / "linked.txt", failed);
  ASSERT_FALSE(failed) << failed.message();
  EXPECT_TRUE(workspace.write("linked.txt", "mine now"));
  EXPECT_EQ(bytes_of(inside / "linked.txt"), "mine now");
  EXPECT_EQ(bytes_of(outside / "secret.txt"), "canary");
}

TEST_F(WorkspaceTest, AReplacedFileKeepsItsModeButNotItsSetUserId) {
  write_file(inside / "run.sh", "#!/bin/sh\n");
  ASSERT_EQ(::chmod((inside / "run.sh").c_str(), 04755), 0);
  EXPECT_TRUE(workspace.write("run.sh", "#!/bin/sh\necho\n"));
  struct stat facts {};
  ASSERT_EQ(::stat((inside / "run.sh").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0755U);
}

TEST_F(WorkspaceTest, WhatRootWritesBelongsToTheFoldersOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  constexpr uid_t kSomebody = 54321;
  ASSERT_EQ(::chown(inside.c_str(), kSomebody, kSomebody), 0);
  EXPECT_TRUE(workspace.write("deep/er/a.txt", "x"));
  for (const char* path : {"deep", "deep/er", "deep/er/a.txt"}) {
    struct stat facts {};
    ASSERT_EQ(::stat((inside / path).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_uid, kSomebody) << path;
    EXPECT_EQ(facts.st_gid, kSomebody) << path;
  }
}

TEST_F(WorkspaceTest, AFailedWriteLeavesNothingBehind) {
  fs::create_directory(inside / "taken");
  EXPECT_THAT(error_of(workspace.write("taken", "x")), HasSubstr("is a folder"));
  EXPECT_FALSE(workspace.write(std::string(300, 'n'), "x"));
  write_file(inside / "file", "text");
  EXPECT_THAT(error_of(workspace.write("file/below", "x")), HasSubstr("file is not a folder"));
  EXPECT_THAT(*workspace.list("", true, 10), SizeIs(2));
}

TEST_F(WorkspaceTest, PipesAndDevicesAreToldAndNeverBlock) {
  ASSERT_EQ(::mkfifo((inside / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of(workspace.read("pipe", kLimit)), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of(workspace.write("pipe", "x")), HasSubstr("not a regular file"));
  EXPECT_EQ(workspace.entry("pipe")->kind, Kind::kOther);
}

TEST_F(WorkspaceTest, AFileThatIsTooLargeIsNotRead) {
  std::ofstream(inside / "sparse.bin").close();
  fs::resize_file(inside / "sparse.bin", std::uintmax_t{1} << 30);
  EXPECT_THAT(error_of(workspace.read("sparse.bin", kLimit)),
              HasSubstr("1073741824 bytes; at most 1048576"));
}

TEST_F(WorkspaceTest, WhatIsMissingIsNotFoundAndAFolderIsNoFile) {
  EXPECT_EQ(workspace.read("none.txt", kLimit).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(workspace.remove("none.txt").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(workspace.read("none/a.txt", kLimit).error(), not_found("there is no none/a.txt"));
  fs::create_directory(inside / "folder");
  EXPECT_EQ(workspace.read("folder", kLimit).error().kind, ErrorKind::kInput);
  EXPECT_EQ(workspace.read("", kLimit).error().kind, ErrorKind::kInput);
  EXPECT_FALSE(workspace.remove("folder"));
  EXPECT_FALSE(workspace.read(std::string("a\0b", 3), kLimit));
  EXPECT_FALSE(workspace.read(std::string(5000, 'a'), kLimit));
}

TEST_F(WorkspaceTest, AListingIsSortedTellsLinksAndDoesNotFollowThem) {
  write_file(inside / "b.txt", "four");
  write_file(inside / "a/x.txt", "");
  fs::create_symlink(outside, inside / "link");
  EXPECT_THAT(
      *workspace.list(".", true, 100),
      ElementsAre(WorkspaceEntry{"a", Kind::kFolder, 0}, WorkspaceEntry{"a/x.txt", Kind::kFile, 0},
                  WorkspaceEntry{"b.txt", Kind::kFile, 4}, WorkspaceEntry{"link", Kind::kLink, 0}));
  EXPECT_THAT(*workspace.list("", true, 2), SizeIs(2));
}

TEST_F(WorkspaceTest, AFolderOfAHundredThousandFilesIsListedAsFarAsAskedFor) {
  const int folder_fd = ::open(inside.c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 100'000; ++i) {
    ::close(::openat(folder_fd, fmt::format("f{:06}", i).c_str(), O_CREAT | O_WRONLY, 0600));
  }
  ::close(folder_fd);
  const auto some = workspace.list("", true, 3);
  EXPECT_THAT(*some, ElementsAre(WorkspaceEntry{"f000000", Kind::kFile, 0},
                                 WorkspaceEntry{"f000001", Kind::kFile, 0},
                                 WorkspaceEntry{"f000002", Kind::kFile, 0}));
}

TEST_F(WorkspaceTest, AVeryDeepTreeEndsTheListingNotTheProgram) {
  int fd = ::open(inside.c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 3000; ++depth) {
    ASSERT_EQ(::mkdirat(fd, "d", 0700), 0);
    const int next = ::openat(fd, "d", O_RDONLY | O_DIRECTORY);
    ::close(fd);
    fd = next;
  }
  ::close(fd);
  const auto all = workspace.list("", true, 10'000);
  ASSERT_TRUE(all);
  EXPECT_GT(all->size(), 1000U);
  EXPECT_LT(all->size(), 3000U);
}

TEST(WorkspacePathTest, APathIsCleanedAndRefusedByItsWords) {
  EXPECT_EQ(*workspace_path("./a//b/"), "a/b");
  EXPECT_EQ(*workspace_path("."), "");
  EXPECT_EQ(*workspace_path("..."), "...");
  EXPECT_EQ(workspace_path("../x").error().message,
            "'..' leads out: paths must stay in the workspace");
  EXPECT_FALSE(is_git_name(".gitmodules"));
  EXPECT_FALSE(is_git_name("git"));
  EXPECT_FALSE(is_git_name(""));
  EXPECT_FALSE(is_git_name("..."));
  EXPECT_TRUE(is_git_name(".giT"));
}

TEST(WorkspaceOpenTest, AFolderThatIsNotThereIsTheUsersMistake) {
  EXPECT_EQ(Workspace::open("/nonexistent/folder").error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace baton
