#include "base/temporary_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <optional>

namespace baton {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolderTest, ItIsForItsOwnerAloneAndNamedForItsUse) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-test");
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_TRUE(folder->path().is_absolute());
  EXPECT_TRUE(folder->path().filename().string().starts_with("baton-test-"));
  EXPECT_EQ(fs::status(folder->path()).permissions(), fs::perms::owner_all);
}

TEST(TemporaryFolderTest, ItGoesWithItsOwnerAndLeavesWhatItsLinksPointAt) {
  const Result<TemporaryFolder> outside = TemporaryFolder::create("baton-test");
  ASSERT_TRUE(outside);
  std::ofstream(outside->path() / "kept") << "text";
  fs::path gone;
  {
    const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-test");
    ASSERT_TRUE(folder);
    gone = folder->path();
    fs::create_directory(gone / "inner");
    fs::create_directory_symlink(outside->path(), gone / "inner" / "link");
    fs::create_symlink(outside->path() / "kept", gone / "file");
  }
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_TRUE(fs::exists(outside->path() / "kept"));
}

TEST(TemporaryFolderTest, OneThatWasMovedIsRemovedOnceByItsNewOwner) {
  std::optional<TemporaryFolder> owner;
  {
    Result<TemporaryFolder> first = TemporaryFolder::create("baton-test");
    ASSERT_TRUE(first);
    owner.emplace(*std::move(first));
  }
  const fs::path path = owner->path();
  EXPECT_TRUE(fs::exists(path));
  owner.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolderTest, WithoutATemporaryFolderOfTheSystemTmpIsUsed) {
  const char* const before = ::getenv("TMPDIR");
  const std::optional<std::string> kept =
      before == nullptr ? std::nullopt : std::optional<std::string>(before);
  ::setenv("TMPDIR", "/nonexistent/temporary", 1);
  const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-test");
  kept ? ::setenv("TMPDIR", kept->c_str(), 1) : ::unsetenv("TMPDIR");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->path().parent_path(), "/tmp");
}

}  // namespace
}  // namespace baton
