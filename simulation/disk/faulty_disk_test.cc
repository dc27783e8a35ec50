#include "disk/faulty_disk.h"

#include <gtest/gtest.h>

#include <set>

namespace baton::disk {
namespace {

std::string bytes_of(FaultyDisk& disk, const DiskFile& file) {
  std::string bytes(disk.size_of(file), '\0');
  EXPECT_EQ(disk.read(file, 0, bytes.data(), bytes.size()), Fault::kNone);
  return bytes;
}

// A disk with one file whose name is there for good.
struct OneFile {
  explicit OneFile(std::uint64_t seed) : disk(seed), file(disk.make("f")) { disk.sync_folder(); }
  std::string after_a_cut() {
    disk.cut_power();
    disk.restart();
    return bytes_of(disk, *disk.find("f"));
  }
  FaultyDisk disk;
  FilePtr file;
};

TEST(FaultyDisk, WhatWasSyncedSurvivesEveryPowerCut) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    OneFile one(seed);
    one.disk.write(*one.file, 0, "kept");
    EXPECT_EQ(one.disk.sync(*one.file), Fault::kNone);
    EXPECT_EQ(one.after_a_cut(), "kept");
  }
}

TEST(FaultyDisk, AnUnsyncedWriteIsKeptLostOrTornBySectors) {
  const std::string before(2 * kSector, 'a');
  const std::string after(2 * kSector, 'b');
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    OneFile one(seed);
    one.disk.write(*one.file, 0, before);
    one.disk.sync(*one.file);
    one.disk.write(*one.file, 0, after);
    EXPECT_EQ(bytes_of(one.disk, *one.file), after) << "until then it is seen";
    seen.insert(one.after_a_cut());
  }
  const std::string a(kSector, 'a');
  const std::string b(kSector, 'b');
  EXPECT_EQ(seen, (std::set<std::string>{a + a, a + b, b + a, b + b}));
}

TEST(FaultyDisk, ALaterWriteMaySurviveAnEarlierOne) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    OneFile one(seed);
    one.disk.write(*one.file, 0, "--");
    one.disk.sync(*one.file);
    one.disk.write(*one.file, 0, "1");
    one.disk.write(*one.file, 1, "2");
    seen.insert(one.after_a_cut());
  }
  EXPECT_EQ(seen, (std::set<std::string>{"--", "1-", "-2", "12"}));
}

TEST(FaultyDisk, ASyncThatSucceedsAfterOneThatFailedHasNotWrittenWhatThatOneDidNot) {
  bool lost = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    OneFile one(seed);
    one.disk.plan({.sync_fails_at = 1});
    one.disk.write(*one.file, 0, "forsaken");
    EXPECT_EQ(one.disk.sync(*one.file), Fault::kBroken);
    EXPECT_EQ(one.disk.sync(*one.file), Fault::kNone);
    EXPECT_EQ(bytes_of(one.disk, *one.file), "forsaken");
    lost = lost || one.after_a_cut().empty();
  }
  EXPECT_TRUE(lost);
}

TEST(FaultyDisk, ANameIsCertainOnlyOnceItsFolderIsSynced) {
  std::set<bool> there;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    FaultyDisk disk(seed);
    disk.sync(*disk.make("new"));
    disk.cut_power();
    disk.restart();
    there.insert(disk.find("new") != nullptr);
  }
  EXPECT_EQ(there, (std::set<bool>{false, true}));
}

TEST(FaultyDisk, NothingIsDoneWithoutPowerAndAKilledProcessLosesNothing) {
  OneFile one(1);
  one.disk.write(*one.file, 0, "written");
  one.disk.let_go();
  EXPECT_EQ(one.disk.write(*one.file, 0, "too late"), Fault::kOff);
  EXPECT_EQ(one.disk.sync(*one.file), Fault::kOff);
  one.disk.restart();
  EXPECT_EQ(bytes_of(one.disk, *one.disk.find("f")), "written");
}

TEST(FaultyDisk, AFullDiskTakesAPartOfAWriteAndSaysSo) {
  OneFile one(3);
  one.disk.plan({.write_fails_at = 2, .no_space = true});
  EXPECT_EQ(one.disk.write(*one.file, 0, "fits"), Fault::kNone);
  EXPECT_EQ(one.disk.write(*one.file, 4, std::string(100, 'x')), Fault::kNoSpace);
  EXPECT_LT(one.disk.size_of(*one.file), 105U);
  EXPECT_EQ(one.disk.write(*one.file, 4, "again"), Fault::kNone);
}

}  // namespace
}  // namespace baton::disk
