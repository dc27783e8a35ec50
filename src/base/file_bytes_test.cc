#include "base/file_bytes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace baton {
namespace {

TEST(FileBytesTest, AFileInMemoryIsReadFromItsBeginning) {
  const std::string text = std::string(1 << 20, 'x') + '\0' + "end";
  const Fd file = memory_file(text);
  ASSERT_TRUE(file.ok());
  std::string read(text.size() + 1, '?');
  ASSERT_EQ(::read(file.get(), read.data(), read.size()), std::ssize(text));
  read.pop_back();
  EXPECT_EQ(read, text);
}

TEST(FileBytesTest, WhatCannotBeWrittenIsToldWithItsReason) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.ok());
  EXPECT_TRUE(write_all(full.get(), ""));
  EXPECT_FALSE(write_all(full.get(), "text"));
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace baton
