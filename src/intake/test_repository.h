// For tests: a real git repository in a temporary folder, deaf to the configuration of the machine.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/run_and_read.h"
#include "base/temporary_folder.h"

namespace baton {

class TestFolder {
 public:
  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  void remove(const std::string& name) const { std::filesystem::remove(path_ / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }

 private:
  TemporaryFolder folder_ = *TemporaryFolder::create("baton-test");
  std::filesystem::path path_ = std::filesystem::canonical(folder_.path());
};

class TestRepository : public TestFolder {
 public:
  TestRepository() {
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    git({"init", "-q", "-b", "main"});
  }

  std::string git(std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {"git", "-C", path().string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Result<ProgramOutput> output =
        run_and_read({.argv = argv,
                      .environment = {"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
                                      "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com",
                                      "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z",
                                      "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z"},
                      .input = {}});
    EXPECT_TRUE(output.ok() && output->status == 0)
        << arguments.front() << ": " << (output ? output->err : output.error().message);
    std::string out = output ? output->out : "";
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }

  // Commits everything there is; returns the commit's id.
  std::string commit(const std::string& message) const {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
};

}  // namespace baton
