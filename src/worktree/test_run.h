// For tests: a user's repository, and a run's repository that builds upon it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "base/test_files.h"
#include "intake/test_repository.h"
#include "worktree/run_repository.h"

namespace baton {

// Every file, link and folder below `folder` with its kind, mode and bytes, but for what lies below
// `left_out`.
inline std::map<std::string, std::string> picture_of(const std::filesystem::path& folder,
                                                     const std::string& left_out = "") {
  std::map<std::string, std::string> picture;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().lexically_relative(folder).string();
    if (!left_out.empty() && name == left_out) {
      entry.disable_recursion_pending();
      continue;
    }
    struct stat info = {};
    ::lstat(entry->path().c_str(), &info);
    std::string text = std::to_string(info.st_mode) + " ";
    if (entry->is_symlink()) {
      text += std::filesystem::read_symlink(entry->path()).string();
    } else if (entry->is_regular_file()) {
      text += bytes_of(entry->path());
    }
    picture[name] = text;
  }
  return picture;
}

struct TestRun {
  TestRun() {
    user.write("a.txt", "one\ntwo\nthree\n");
    user.write("src/b.txt", "b\n");
    user.write(".gitignore", "ignored/\n*.o\n");
    base = user.commit("Base");
  }

  std::filesystem::path folder() const { return state.path() / "worktrees" / "run-1"; }
  RunRepository open() const {
    Result<RunRepository> repository = RunRepository::open(folder(), user.path(), base);
    EXPECT_TRUE(repository.ok()) << (repository ? "" : repository.error().message);
    return *repository;
  }

  TestRepository user;
  TestFolder state;
  std::string base;
};

// The value, or a failed test that says why there is none.
template <typename T>
T value_of(Result<T> result) {
  EXPECT_TRUE(result.ok()) << (result ? "" : result.error().message);
  if constexpr (std::is_default_constructible_v<T>) {
    if (!result) return T();
  }
  return *result;
}

inline void expect_ok(const Status& status) {
  EXPECT_TRUE(status.ok()) << (status ? "" : status.error().message);
}

inline CommitText said(const std::string& subject) {
  return {.subject = subject,
          .body = {},
          .trailers = {{"Baton-Worker", "code-writer"}},
          .at = Instant::from_unix_ms(1'795'000'000'000)};
}

}  // namespace baton
