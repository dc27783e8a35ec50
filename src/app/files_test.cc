#include "app/files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string pattern = (fs::temp_directory_path() / "baton-files-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~FilesTest() override { fs::remove_all(folder_); }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path folder_;
};

// No file may grow beyond this, as on a disk that is full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    signal_before_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, signal_before_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*signal_before_)(int) = nullptr;
};

TEST_F(FilesTest, WhatIsWrittenIsReadBackByteForByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  ASSERT_TRUE(write_file(folder_ / "report", bytes).ok());
  EXPECT_EQ(*read_file(folder_ / "report"), bytes);
  ASSERT_TRUE(write_file(folder_ / "report", "shorter").ok());
  EXPECT_EQ(*read_file(folder_ / "report"), "shorter");
  EXPECT_THAT(names(), ElementsAre("report"));
}

TEST_F(FilesTest, AWriteThatFailsHalfwayLeavesTheOldFileAndNothingElse) {
  ASSERT_TRUE(write_file(folder_ / "report", "the old one").ok());
  Status written;
  {
    const SizeLimit limit(100'000);
    written = write_file(folder_ / "report", std::string(1'000'000, 'n'));
  }
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::kSystem);
  EXPECT_THAT(written.error().message,
              AllOf(HasSubstr((folder_ / "report").string()), HasSubstr("File too large")));
  EXPECT_EQ(*read_file(folder_ / "report"), "the old one");
  EXPECT_THAT(names(), ElementsAre("report"));
}

TEST_F(FilesTest, AFolderIsNotOverwritten) {
  fs::create_directory(folder_ / "report");
  const Status written = write_file(folder_ / "report", "text");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::kSystem);
  EXPECT_TRUE(fs::is_directory(folder_ / "report"));
  EXPECT_THAT(names(), ElementsAre("report"));
}

TEST_F(FilesTest, AFolderThatIsNotThereIsAnErrorThatNamesTheFile) {
  const Status written = write_file(folder_ / "none" / "report", "text");
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().message,
              AllOf(HasSubstr("none/report"), HasSubstr("No such file or directory")));
}

TEST_F(FilesTest, WhatCanNotBeReadIsAnErrorOfTheUsers) {
  const Result<std::string> absent = read_file(folder_ / "absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error(), usage_error(fmt::format("can not read {}: No such file or directory",
                                                    (folder_ / "absent").string())));
  const Result<std::string> folder = read_file(folder_);
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(folder.error().message, HasSubstr("it is a folder"));
}

TEST_F(FilesTest, WhatNeverEndsIsNotReadForEver) {
  const Result<std::string> text = read_file("/dev/zero");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error(), usage_error("can not read /dev/zero: it is larger than 64 MiB"));
}

}  // namespace
}  // namespace baton
